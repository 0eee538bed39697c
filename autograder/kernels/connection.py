"""The grader's end of the wires to the warm process and to each kernel's keeper.

The one idea: a wire is a lifeline. The warm process and the keepers end when their wire does, however the grader ended;
and a kernel is over when its keeper hangs up, however that came about. So no process id is ever trusted or waited for.
"""

import asyncio
import atexit
import contextlib
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from pathlib import Path
from typing import IO

from .levels import LEVELS, Found

_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parents[1]

_LOAD = """
import importlib.util, json, socket, sys
folder, preload, protected, *numbers = sys.argv[1:]
spec = importlib.util.spec_from_file_location("warm_kernels", folder + "/__init__.py", submodule_search_locations=[folder])
sys.modules["warm_kernels"] = importlib.util.module_from_spec(spec)
from warm_kernels.warm import main
del sys.argv[1:]
main(json.loads(preload), protected, *(socket.socket(fileno=int(number)) for number in numbers))
"""
_PASSED_ON = (
    *("PATH", "HOME", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "CONDA_PREFIX"),
    *("OMP_NUM_THREADS", "MKL_NUM_THREADS"),
)
NO_GPU = {"CUDA_VISIBLE_DEVICES": "", "HIP_VISIBLE_DEVICES": "-1"}
"""The environment in which torch finds no GPU, NVIDIA's or AMD's, whatever drivers say."""

_OF_ITS_OWN = {
    **NO_GPU,  # CUDA that has started does not survive a fork
    "TORCH_COMPILE_DISABLE": "1",  # as in kernel.environment, for torch reads it when it is imported
    "OPENBLAS_NUM_THREADS": "1",  # it starts threads when it is imported; torch waits until it computes
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # scikit-learn imports pandas, and pandas pyarrow, if they are there
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # read by matplotlib's import; the one of IPython's kernel
}
_SOCKETS_LIE_IN = ("/tmp", "/var/tmp", "/dev/shm")  # where the usual folder for temporary files has too long a name
_LONGEST_FOLDER = 68  # bytes; a socket's path may have 107, and 37 come behind it (locked-in-…/sockets/socket-1)
_GLANCE = 0.004  # seconds between two looks at a wire
_WAITING = 1024  # graders before the door of a warm process that is not warm yet

PACKET = 2**16
"""Bytes that a kernel's task may have."""

SHARED = "GRADER_WARM_PROCESSES"
"""The environment variable that names warm processes which a grader may use instead of one of its own.

JSON: {"preload": what they have imported, "doors": where they can be reached}.
"""

_LESSONS = ("torch", "torchvision", "matplotlib.pyplot", "course_utils.measurements")
_LESSONS += ("sklearn.datasets", "sklearn.model_selection", "torchvision.datasets")  # imported by load_data
_IPYTHON = ("ipykernel.kernelapp", "ipykernel.debugger", "IPython.core.completerlib", "IPython.extensions.storemagic")
_IPYTHON += ("IPython.core.debugger", "IPython.core.oinspect", "tornado.platform.asyncio", "sqlite3", "ipywidgets")
PRELOAD = (*_IPYTHON, *_LESSONS)
"""What kernels have imported when they start, if nothing else is configured.

IPython first, as in any kernel: some modules look whether it is there when they are imported (tqdm.auto does).
"""

_wires: "weakref.WeakSet[socket.socket]" = weakref.WeakSet()
_started: "weakref.WeakSet[WarmProcess]" = weakref.WeakSet()


def short_folder() -> str:
    """A folder for temporary files that sockets can lie in, which must have short paths: the usual one where it is short.

    What is put there has to be made by `tempfile`, for it may be everybody's. Raises OSError where there is no such.
    """
    for folder in (tempfile.gettempdir(), *_SOCKETS_LIE_IN):
        if len(os.fsencode(folder)) <= _LONGEST_FOLDER and os.access(folder, os.W_OK | os.X_OK):
            return folder
    raise OSError(
        f"Sockets need a folder with a short path: {tempfile.gettempdir()} has more than {_LONGEST_FOLDER} bytes, and"
        f" {', '.join(_SOCKETS_LIE_IN)} cannot be written to. Set TMPDIR to a folder with a shorter path."
    )


class Wire:
    """Messages to and from another process, without ever waiting."""

    def __init__(self, end: socket.socket):
        end.setblocking(False)
        _wires.add(end)
        self.end, self.open, self._unread = end, True, b""

    def fileno(self) -> int:
        return self.end.fileno()

    def say(self, message: dict) -> None:
        """Send a message; nobody may be left to read it."""
        with contextlib.suppress(OSError):
            self.end.sendall(json.dumps(message).encode() + b"\n")

    def heard(self) -> list[dict]:
        """The messages that have come since the last call. Afterwards `open` tells whether more can come."""
        while self.open:
            try:
                received = self.end.recv(2**20)
            except BlockingIOError:
                break
            except OSError:
                received = b""
            self._unread += received
            if not received:
                self.hang_up()
        *lines, self._unread = self._unread.split(b"\n")
        return [json.loads(line) for line in lines]

    def hang_up(self) -> None:
        self.open = False
        self.end.close()


class WarmProcess:
    """A grader's end of a process that has imported `preload` and forks kernels (see warm.py).

    `running` gives the one that this process uses, be it its own or one that is offered to it; `started` a new one.
    """

    _of_this_process: "WarmProcess | None" = None

    def __init__(self, control: socket.socket, made_of: tuple, process: subprocess.Popen | None, complaints: IO | None):
        control.setblocking(False)
        _wires.add(control)
        self.made_of, self.process = made_of, process
        self._control, self._complaints = control, complaints
        self._said: dict = {}

    @classmethod
    def running(cls, preload: tuple[str, ...]) -> "WarmProcess":
        """The warm process that has imported `preload` in today's environment; started now if there is none."""
        made_of = _made_of(preload)
        warm = cls._of_this_process
        if warm is None or warm.made_of != made_of or not warm.usable():
            if warm is not None:
                warm.end()
            cls._of_this_process = warm = cls._offered(made_of) or cls.started(preload)
        return warm

    @classmethod
    def started(cls, preload: tuple[str, ...], door: str = "") -> "WarmProcess":
        """A new one, which ends with this process. door: the path of a socket at which other graders can join it."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        complaints = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        with theirs, contextlib.ExitStack() as passed:
            ends = [theirs]
            if door:
                ends.append(passed.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)))
                ends[-1].bind(door)
                ends[-1].listen(_WAITING)
            numbers = [end.fileno() for end in ends]
            process = subprocess.Popen(
                [sys.executable, "-P", "-c", _LOAD, str(_HERE), json.dumps(preload), str(_ROOT), *map(str, numbers)],
                env=_environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                pass_fds=numbers,
                start_new_session=True,  # an interrupt from the keyboard is for the grader
            )
        warm = cls(ours, _made_of(preload), process, complaints)
        _started.add(warm)
        return warm

    @classmethod
    def _offered(cls, made_of: tuple) -> "WarmProcess | None":
        """One that another grader has started for this one, too, where there is such, and it is still there."""
        offer = json.loads(os.environ.get(SHARED, "{}"))
        if not offer or tuple(offer["preload"]) != made_of[0]:
            return None
        doors = offer["doors"]
        first = os.getpid() % len(doors)
        for door in (*doors[first:], *doors[:first]):
            control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            try:
                control.connect(door)
                return cls(control, made_of, None, None)
            except OSError:  # it is gone, and the next one or one of our own will do
                control.close()
        return None

    def usable(self) -> bool:
        """Whether it is there, or could not be there for a reason that stays the same."""
        try:
            return bool(self._said.get("level") == "none" or self._control.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return True
        except OSError:
            return False

    async def found(self) -> Found:
        """How well kernels are locked in here. Raises RuntimeError where the process does not start."""
        return Found(await self._hear("level"), self._said["lacks"])

    async def start(self, task: dict) -> Wire:
        """Have a kernel forked; `task` as keeper.Task. Returns a wire to its keeper. Raises RuntimeError."""
        await self._hear("warm")
        text = json.dumps(task).encode()
        if len(text) > PACKET:
            raise ValueError(
                f"A kernel's task has {len(text)} bytes, at most {PACKET} go: is its environment so large?"
            )
        packet = json.dumps({"folder": os.path.dirname(task["world"]["place"])}).encode()
        ours, theirs = socket.socketpair()
        with theirs:
            ours.sendall(len(text).to_bytes(8, "big") + text)  # read by what is forked: see warm.py
            while True:
                try:
                    socket.send_fds(self._control, [packet], [theirs.fileno()])
                    return Wire(ours)
                except BlockingIOError:
                    await asyncio.sleep(_GLANCE)
                except OSError as error:
                    ours.close()
                    raise RuntimeError(f"The warm process is gone ({error}).{self._last_words()}") from error

    async def _hear(self, name: str):
        """Wait until it has said `name`."""
        while name not in self._said:
            try:
                packet = self._control.recv(2**16)
            except BlockingIOError:
                await asyncio.sleep(_GLANCE)
                continue
            except OSError:
                packet = b""
            self._said |= json.loads(packet or b'{"error": "it ended"}')
            if "error" in self._said:
                raise RuntimeError(f"The warm process did not start: {self._said['error']}{self._last_words()}")
        return self._said[name]

    def _last_words(self) -> str:
        if self._complaints is None:
            return ""
        self._complaints.seek(0)
        return "\n" + self._complaints.read()[-4000:].decode(errors="replace")

    def end(self) -> None:
        """End it, and wait for that. Its kernels go on: they have wires of their own."""
        with contextlib.suppress(OSError):
            self._control.sendall(b'{"farewell": true}')
        self._control.close()
        if self.process is None:
            return
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


async def level_here() -> Found:
    """How well this system locks in, from a process that is made for this question and has imported nothing."""
    if sys.platform != "linux":
        lack = f"the locks are Linux's and this is {platform.system()}"
        return Found("none", dict.fromkeys(LEVELS[1:], lack))
    warm = WarmProcess.started(())
    try:
        return await warm.found()
    finally:
        warm.end()


class Kernel:
    """A kernel that has been asked for: what its keeper has said, and what it is to do."""

    def __init__(self, wire: Wire):
        self._wire = wire
        self._said: dict = {}

    def said(self, name: str):
        """What the keeper has said under `name` (see keeper.keep), or None."""
        for message in self._wire.heard():
            self._said |= message
        return self._said.get(name)

    def over(self) -> bool:
        """Whether the kernel and all its processes are gone."""
        self.said("ended")
        return not self._wire.open

    async def listening(self, seconds: float) -> None:
        """Wait until it can be reached. Raises RuntimeError with the reason where it cannot, TimeoutError."""
        end = time.monotonic() + seconds
        while not self.said("ready"):
            for trouble in ("error", "missing"):
                if self.said(trouble):
                    raise RuntimeError(self.said(trouble))
            if self.over():
                raise RuntimeError("The kernel's keeper ended without a word.")
            if time.monotonic() > end:
                self.kill()
                raise TimeoutError(f"The kernel did not start within {seconds:.0f} seconds.")
            await asyncio.sleep(_GLANCE)

    def signal(self, number: int) -> None:
        """Send a signal to the kernel and the processes of its group."""
        self._wire.say({"signal": number})

    async def stop(self, seconds: float = 5) -> None:
        """End it with all its processes, and wait until they are gone."""
        self._wire.say({"stop": True})
        end = time.monotonic() + seconds
        while not self.over():
            if time.monotonic() > end:
                self.kill()
                return
            await asyncio.sleep(_GLANCE)

    async def gone(self) -> None:
        """Wait until it and all its processes are gone."""
        while not self.over():
            await asyncio.sleep(_GLANCE)

    def kill(self) -> None:
        """End it without its keeper's help."""
        if (process := self._said.get("process")) and not self.over():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._wire.hang_up()


def _environment() -> dict[str, str]:
    """The warm process's environment, which its kernels could find in memory."""
    passed = {name: value for name, value in os.environ.items() if name in _PASSED_ON or name.startswith("LC_")}
    folders = [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]
    if own := [folder for folder in folders if Path(folder).resolve() != _ROOT]:
        passed["PYTHONPATH"] = os.pathsep.join(own)
    return {**passed, **_OF_ITS_OWN}


def _made_of(preload: tuple[str, ...]) -> tuple:
    """In what a warm process has to be like another to stand in for it. PATH may differ: nbgrader_config.py adds to it."""
    return preload, {name: value for name, value in _environment().items() if name != "PATH"}


def _let_go() -> None:
    """In a fork of the grader: these wires are the parent's, and must end with it."""
    for end in list(_wires):
        end.close()
    _started.clear()
    WarmProcess._of_this_process = None


@atexit.register
def _end_all() -> None:
    for warm in {*_started, *([WarmProcess._of_this_process] if WarmProcess._of_this_process else [])}:
        warm.end()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)
