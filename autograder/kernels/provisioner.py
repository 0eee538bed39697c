"""What jupyter_client calls to start, interrupt and end a kernel, at its extension point for that.

Registered by entry point as `locked-in`. Kernels are forked from a warm process and locked in (see the head of this
folder), as well as the system permits (see levels.py). Where that is less than demanded, none starts, unless the
instructor has said that this is all right; where it is nothing at all, they are jupyter_client's own, without protection.
"""

import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Bool, Enum, Integer, List, Unicode
from traitlets.config import Config

from .client import PromptClient
from .connection import NO_GPU, PRELOAD, Kernel, WarmProcess, level_here, short_folder
from .levels import IN_WORDS, LEVELS, Found
from .remedies import remedy

_LOOK_EVERY = 0.1  # seconds between two looks at this process's memory
_OF_GPUS = ("CUDA_", "NVIDIA_", "HIP_", "ROCR_", "HSA_", "PYTORCH_")  # how variables begin that their drivers read


class CannotLockIn(RuntimeError):
    """The system cannot lock students' code in as demanded. The message says in one sentence why, and what to do."""


class LockedInProvisioner(LocalProvisioner):
    """Forks kernels from a warm process, each locked in before anything runs in it (see the head of this file)."""

    level = Enum(
        LEVELS[1:],
        "landlock",
        help="How well students' code has to be locked in, at least. namespaces: nothing else exists for it; landlock: it"
        " opens no file of yours and reaches no network, but may see that other processes run; uid: it reads whatever any"
        " user of this machine can read, for containers that hold nothing but one submission.",
    ).tag(config=True)
    allow_unsafe_kernels = Bool(
        False,
        help="Whether, where the system cannot lock students' code in as demanded, to run it less protected or not at all:"
        " then it reads every file that you can read, changes what you can change, and reaches whatever you can reach.",
    ).tag(config=True)
    preload = List(
        Unicode(),
        default_value=list(PRELOAD),
        help="The modules that kernels have imported when they start.",
    ).tag(config=True)
    also_readable = List(
        Unicode(), help="Files and folders that kernels may read besides Python and the submission: data sets, say."
    ).tag(config=True)
    gpu = Bool(
        False,
        help="Whether kernels see the GPUs of this machine. Their drivers need more than a lesson does: memory that is"
        " shared, addresses without a limit, names of threads in /proc; that is open then, too.",
    ).tag(config=True)
    kept = List(
        Unicode(),
        default_value=["my_resnet.py"],
        help="Files that go from a kernel's scratch folder back to the submission, for the next lesson's kernel.",
    ).tag(config=True)
    passed_on = Unicode(
        "COURSE_", help="How the names of those environment variables begin that a kernel gets from who starts it."
    ).tag(config=True)
    memory_mib = Integer(6144, help="MiB of memory that a kernel with all its processes may take.").tag(config=True)
    scratch_mib = Integer(512, help="MiB that a kernel may write in all, the submission included.").tag(config=True)
    file_mib = Integer(256, help="MiB that one file may have.").tag(config=True)
    processes = Integer(256, help="How many processes and threads a kernel may have.").tag(config=True)
    open_files = Integer(1024, help="How many files each of its processes may have open.").tag(config=True)
    cpu_seconds = Integer(3600, help="Seconds of computing time that each of its processes may take.").tag(config=True)
    threads = Integer(0, help="How many threads torch computes with; 0: OMP_NUM_THREADS, or as it likes.").tag(
        config=True
    )
    received_mib = Integer(
        1024,
        help="MiB by which this process may grow while a kernel runs: what a kernel sends is held until it is whole.",
    ).tag(config=True)
    startup_seconds = Integer(60, help="Seconds after which a kernel that does not start is given up.").tag(config=True)

    waited = 0.0
    """Seconds in which the last kernel could have run and got no processor; known once it is over."""
    killed = False
    """Whether the last kernel was killed by the system, as when its memory runs out, or by itself; not by a limit of ours."""
    crowded = False
    """Whether the last kernel may have been refused a process because others of the same user had so many."""
    locked_in = ""
    """The level at which kernels are locked in; known once the first one has started."""

    _kernel: Kernel | None = None
    _watch: asyncio.Task | None = None
    _identity = (0, 0)  # the user and group that the kernel is
    _outside: Path | None = None  # the folder that sockets lie in, and on which the kernel's world is put together

    @property
    def has_process(self) -> bool:
        return self._kernel is not None or super().has_process

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Prepare the connection. Raises CannotLockIn where the system cannot do what is demanded."""
        found = await self.found()
        if not self.allow_unsafe_kernels:
            self.insist(found)
        if found.level != self.locked_in and not found.suffices(self.level):
            self.log.warning("Students' code is %s.", IN_WORDS[found.level])
        self.locked_in = found.level
        if found.level != "none":
            self._reach_over_sockets()
        return await super().pre_launch(**kwargs)

    async def found(self) -> Found:
        """How well this system locks in."""
        if sys.platform != "linux":
            return await level_here()
        return await WarmProcess.running(tuple(self.preload)).found()

    def insist(self, found: Found) -> None:
        """Raise CannotLockIn where `found` is less than what is demanded."""
        if not found.suffices(self.level):
            raise CannotLockIn(
                f"Students' code cannot be locked in here at the level {self.level!r}, because"
                f" {found.why_not(self.level)}; {remedy(found)}."
            )

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start a kernel and wait until it listens. Raises RuntimeError, TimeoutError, ValueError with the reason."""
        if self.locked_in == "none":
            kwargs["env"] = {**kwargs.get("env", os.environ), **({} if self.gpu else NO_GPU)}
            return await super().launch_kernel(cmd, **kwargs)
        self.cwd = kwargs.get("cwd")
        try:
            task = self._task(_arguments(cmd), kwargs.get("env", {}))
            self._kernel = Kernel(await WarmProcess.running(tuple(self.preload)).start(task))
            await self._kernel.listening(self.startup_seconds)
        except BaseException:
            await self.cleanup()
            raise
        self.pid = self._kernel.said("process")
        self._watch = asyncio.ensure_future(self._end_a_flood())
        return self.connection_info

    async def poll(self) -> int | None:
        if self._kernel is None:
            return await super().poll()
        if not self._kernel.over():
            return None
        status = self._kernel.said("ended")
        return -9 if status is None else status

    async def _end_a_flood(self) -> None:
        """End the kernel where what it sends fills this process's memory: a message of no end is seen by nobody else."""
        most = _memory() + self.received_mib * 2**20
        while self._kernel is not None and not self._kernel.over():
            await asyncio.sleep(_LOOK_EVERY)
            if _memory() > most and self._kernel is not None:
                self.log.warning("The kernel is ended: what it sent fills %d MiB here.", self.received_mib)
                self._kernel.kill()

    async def wait(self) -> int | None:
        if self._kernel is None:
            return await super().wait()
        if self._watch is not None:
            self._watch.cancel()
        await self._kernel.gone()
        status = await self.poll()
        if why := self._kernel.said("why"):
            self.log.warning("The kernel was ended: %s.", why)
        self.waited, self.killed = self._kernel.said("waited") or 0.0, bool(self._kernel.said("killed"))
        self.crowded = bool(self._kernel.said("crowded"))
        self._bring_back(self._kernel.said("kept") or {})
        self._kernel = None
        return status

    async def send_signal(self, signum: int) -> None:
        if self._kernel is None:
            await super().send_signal(signum)
        else:
            self._kernel.signal(int(signum))

    async def kill(self, restart: bool = False) -> None:
        if self._kernel is None:
            await super().kill(restart)
        else:
            await self._kernel.stop()

    async def terminate(self, restart: bool = False) -> None:
        await self.kill(restart) if self._kernel else await super().terminate(restart)

    async def cleanup(self, restart: bool = False) -> None:
        if self._kernel is not None:
            await self._kernel.stop()
            await self.wait()
        if self._outside is not None and not restart:
            shutil.rmtree(self._outside, ignore_errors=True)
            self._outside = None
        await super().cleanup(restart)

    @classmethod
    def warm_up(cls, config: Config) -> None:
        """Start the warm process, if there is none, and do not wait for it: meanwhile there are other things to import."""
        if sys.platform == "linux":
            WarmProcess.running(tuple(cls(config=config).preload))

    def _reach_over_sockets(self) -> None:
        """Have manager and clients connect to sockets in a folder that is this kernel's alone; a restart keeps it."""
        if self._outside is None:
            from .world import identity

            self._outside = Path(tempfile.mkdtemp(prefix="locked-in-", dir=short_folder()))
            self._identity = identity(self.locked_in)
            self._outside.chmod(0o711)  # the way to what belongs to the kernel
            (self._outside / "place").mkdir()
            sockets = self._outside / "sockets"
            sockets.mkdir(mode=0o700)
            os.chown(sockets, *self._identity)
        manager = self.parent
        manager.transport, manager.ip = "ipc", str(self._outside / "sockets" / "socket")
        if not manager.connection_file:
            manager.connection_file = str(self._outside / "connection.json")
        if manager.client_factory is AsyncKernelClient:
            manager.client_factory = PromptClient
        for number, channel in enumerate(("shell", "iopub", "stdin", "hb", "control"), start=1):
            setattr(manager, f"{channel}_port", number)

    def _task(self, arguments: list[str], env: dict[str, str]) -> dict:
        """What the warm process is asked for, as keeper.Task."""
        mib = 2**20
        if self.cwd and not os.path.isdir(self.cwd):
            raise FileNotFoundError(f"The kernel's working directory {self.cwd} is not a folder.")
        # The warm process has long read its own: torch is told, and those that the kernel starts can read this one.
        asked = env.get("OMP_NUM_THREADS", "") if env.get("OMP_NUM_THREADS", "").isdigit() else "0"
        passed_on = (self.passed_on, *(_OF_GPUS if self.gpu else ()))
        environment = {name: value for name, value in env.items() if name.startswith(passed_on)}
        environment |= {} if self.gpu else NO_GPU
        if int(asked):
            environment["OMP_NUM_THREADS"] = asked
        connection = {**self.connection_info, "key": self.connection_info["key"].decode()}
        return {
            "world": {
                "reads": [os.path.abspath(path) for path in self.also_readable],
                "sockets": str(self._outside / "sockets"),
                "submission": os.path.abspath(self.cwd) if self.cwd else "",
                "scratch_bytes": self.scratch_mib * mib,
                "place": str(self._outside / "place"),
                "user": self._identity[0],
                "group": self._identity[1],
                "own_user": self._identity[0] != os.geteuid(),
                "gpu": self.gpu,
            },
            "limits": {
                "memory": self.memory_mib * mib,
                "file": self.file_mib * mib,
                "processes": self.processes,
                "open_files": self.open_files,
                "seconds": self.cpu_seconds,
            },
            "connection": connection,
            "arguments": arguments,
            "environment": environment,
            "folders": [os.path.dirname(sys.executable)],
            "kept": list(self.kept),
            "threads": self.threads or int(asked),
        }

    def _bring_back(self, kept: dict[str, str]) -> None:
        """Write the files that the keeper has handed back into the submission, where they are new."""
        for name in set(kept) & set(self.kept) if self.cwd else ():
            path, beside = Path(self.cwd, name), Path(self.cwd, f".{name}.{os.getpid()}")
            try:
                if not path.is_file() or path.read_bytes() != kept[name].encode():
                    beside.write_bytes(kept[name].encode())
                    os.replace(beside, path)  # never through a link of that name
            except OSError as error:
                self.log.warning("%s is not kept for the next lesson: %s", path, error)
                beside.unlink(missing_ok=True)


def _memory() -> int:
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def _arguments(cmd: list[str]) -> list[str]:
    """ipykernel's arguments in a kernel's command line, without the connection file. Raises ValueError for others'."""
    if cmd[1:2] != ["-m"] or cmd[2:3] not in (["ipykernel_launcher"], ["ipykernel"]):
        raise ValueError(
            f"Only IPython's kernel can be forked and locked in, and this kernel is started by {' '.join(cmd)!r}. Choose"
            " another with --kernel or in the notebook's metadata, or repair it: python -m ipykernel install --sys-prefix"
        )
    arguments = cmd[3:]
    if "-f" in arguments:
        at = arguments.index("-f")
        del arguments[at : at + 2]
    return arguments
