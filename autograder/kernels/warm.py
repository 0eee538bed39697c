"""The warm process: it has imported what lessons need, does nothing, and forks a kernel whenever it is asked to.

Nothing secret is ever in here, because every kernel is a copy of it: it is started with an environment of its own, sees
neither the folder of the project nor anything of the autograder but this folder's modules, and nothing that belongs to a
student comes into it: what a kernel is to be is read behind the fork. It has a single thread, since only that one lives
on in a fork. It ends with its grader.
"""

import gc
import importlib.util
import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from . import bytecode, keeper, limits, namespaces, reach, system, world
from .levels import LEVELS

_PACKET = 2**17
_TRIES = 50  # to remove a folder


@dataclass(frozen=True)
class _Ways:
    """What all kernels have in common: folders that they read, open files that they keep for it (see reach.py), a folder that
    none may be able to read, and the level at which they are locked in.
    """

    reads: tuple[str, ...]
    files: tuple[int, ...]
    protected: str
    level: str


def main(preload: list[str], protected: str, control: socket.socket, door: socket.socket | None = None) -> None:
    """Serve the grader at the other end of `control`, and all who come to the `door`, until the first one is gone.

    The door is alone in its folder, which is removed at the end.

    Each packet from there is {"folder": path}, which is a kernel's own, with a socket on which its keeper talks (see
    keeper.keep) and reads the kernel's task (see WarmProcess.start); or {"farewell": true} from a grader that leaves in good
    order. Packets to there: first {"level": name, "lacks": {better level: why not}} (see levels.py), and nothing more where
    the level is "none"; then {"warm": true} or {"error": text}.
    protected: a folder that no kernel may be able to read.
    """
    bytecode.compile_anew_where_cut_short()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a handler could be called by those inside
    system.prctl(system.PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system lets go of children that have ended
    found = _find_level()
    control.send(json.dumps(found).encode())
    if found["level"] == "none":
        return
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # some modules run a command when they are imported
        for name in preload:
            importlib.import_module(name)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        reads, kept_open = _python(), ()
        if found["level"] == "uid" and (way := reach.import_through_an_open_folder()):
            other, number = way
            reads, kept_open = (*(path for path in reads if reach.open_to_others(path)), other), (number,)
        _be_alone()
    except Exception:
        control.send(json.dumps({"error": traceback.format_exc()[-8000:]}).encode())
        return
    gc.collect()
    gc.freeze()  # kernels share these objects as long as nobody touches them
    system.gather_memory()
    control.send(json.dumps({"warm": True}).encode())
    graders: dict[socket.socket, set[Path]] = {control: set()}  # with the folders of their kernels
    while control in graders:
        ready, _, _ = select.select([*graders, *([door] if door else [])], [], [])
        for end in ready:
            if end is door:
                _welcome(door, graders, found)
            elif not _serve(end, graders[end], _Ways(reads, kept_open, protected, found["level"])):
                del graders[end]
                end.close()
    if door:
        shutil.rmtree(Path(door.getsockname()).parent, ignore_errors=True)


def _welcome(door: socket.socket, graders: dict[socket.socket, set[Path]], found: dict) -> None:
    """Let a grader in, and tell it what it would have been told from the start."""
    grader, _ = door.accept()
    with suppress(OSError):  # it is gone already, which is seen when it is served
        grader.send(json.dumps(found).encode())
        grader.send(json.dumps({"warm": True}).encode())
    graders[grader] = set()


def _serve(grader: socket.socket, places: set[Path], ways: _Ways) -> bool:
    """Do what a grader asks for. Returns False where it has gone."""
    packet, end = _receive(grader)
    if end < 0:
        if not packet:  # it was killed, and could not clean up behind itself
            _remove(list(filter(os.path.exists, places)))
        return False
    with socket.socket(fileno=end) as wire:
        places.add(Path(json.loads(packet)["folder"]))
        _fork(ways.level, lambda: _checked(_task(wire, ways.level), ways), wire)
    return True


def _checked(task: keeper.Task, ways: _Ways) -> keeper.Task:
    """The task, with all that its kernel can read. Raises ValueError where that is too much."""
    task = replace(task, world=replace(task.world, reads=(*ways.reads, *task.world.reads)), files=ways.files)
    for path in (ways.protected, task.world.submission) if task.level != "uid" else ():
        _keep_out(path, (*world.SYSTEM, *task.world.reads))
    return task


def _remove(folders: list[Path]) -> None:
    """Remove kernels' folders, in which their keepers may still be at work; beside all else, since that takes a while."""
    if not folders or os.fork():
        return
    keeper.close_all_but()
    for _ in range(_TRIES):
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        if not any(map(os.path.exists, folders)):
            break
        time.sleep(0.1)
    os._exit(0)


def _find_level() -> dict:
    """The best level of locking in that works here, and why the better ones do not: see levels.Found."""
    lacks = {}
    for level in reversed(LEVELS[1:]):
        if not (why := keeper.missing(level) or _out_of_reach(level) or _rehearse(level)):
            return {"level": level, "lacks": lacks}
        lacks[level] = why
    return {"level": LEVELS[0], "lacks": lacks}


def _out_of_reach(level: str) -> str:
    """What of Python another user could not read, where that is all that a kernel would be, as in CannotLockIn; or ""."""
    closed = reach.closed(_python()) if level == "uid" else []
    return (
        f"{closed[0]} cannot be read by another user (chmod o+x for the folders above it mends that)" if closed else ""
    )


def _rehearse(level: str) -> str:
    """Lock in a process that does nothing. Returns what is missing, as in CannotLockIn, or ""."""
    user, group = world.identity(level)
    with tempfile.TemporaryDirectory(prefix="locked-in-") as folder:
        os.chmod(folder, 0o711)
        for name in ("sockets", "place"):
            (Path(folder) / name).mkdir()
        os.chown(Path(folder) / "sockets", user, group)
        own = world.World((), f"{folder}/sockets", "", 2**20, f"{folder}/place", user, group, user != os.geteuid())
        few = limits.Limits(memory=2**30, file=2**20, processes=32, open_files=64, seconds=60)
        task = keeper.Task(own, few, {}, (), {}, (), (), threads=1, level=level, rehearsal=True)
        here, there = socket.socketpair()
        with here:
            with there:
                _fork(level, lambda: task, there)
            with here.makefile() as lines:
                messages = [json.loads(line) for line in lines]
    for message in messages:
        if "missing" in message or "error" in message:
            return message.get("missing") or message["error"].strip().splitlines()[-1]
    if {"ready": True} not in messages:
        return f"trying it went wrong ({messages})"
    return ""


def _python() -> tuple[str, ...]:
    """Where Python and all that can be imported lies."""
    folders = [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, *sys.path]
    folders += os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    if found := importlib.util.find_spec("course_utils"):  # an editable install lies somewhere else
        folders += found.submodule_search_locations
    return tuple(dict.fromkeys(os.path.abspath(folder) for folder in folders if folder and os.path.exists(folder)))


def _keep_out(path: str, reads: tuple[str, ...]) -> None:
    """Raise ValueError where `path` lies in a folder that kernels can read."""
    for folder in reads:
        if path and Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
            raise ValueError(
                f"The folder {path} lies inside {folder}, which kernels must be able to read, so students' code could read"
                " all of it. Move the course elsewhere, or Python, or the data."
            )


def _be_alone() -> None:
    """Raise RuntimeError where there are other threads: a fork would not have them, but would believe that it has."""
    names = [Path(f"/proc/self/task/{thread}/comm").read_text().strip() for thread in os.listdir("/proc/self/task")]
    if len(names) > 1:
        raise RuntimeError(
            f"The warm process has {len(names)} threads ({', '.join(names)}), and only one can be forked. Leave the module"
            " that starts them out of c.LockedInProvisioner.preload."
        )


def _receive(control: socket.socket) -> tuple[bytes, int]:
    """The next packet and the file that came with it; an empty packet at the end."""
    try:
        packet, fds, _, _ = socket.recv_fds(control, _PACKET, 1)
    except ConnectionResetError:  # it went before it had read what it was told
        return b"", -1
    return packet, fds[0] if fds else -1


def _task(wire: socket.socket, level: str) -> keeper.Task:
    """The task that WarmProcess.start has written: its length in 8 bytes, and JSON. Raises EOFError if nobody is there."""
    values = json.loads(_exactly(wire, int.from_bytes(_exactly(wire, 8), "big")))
    own_world = {**values["world"], "reads": tuple(values["world"]["reads"])}
    lists = {name: tuple(values[name]) for name in ("arguments", "kept", "folders")}
    own = {"level": level, "world": world.World(**own_world), "limits": limits.Limits(**values["limits"])}
    return keeper.Task(**{**values, **lists, **own})


def _exactly(wire: socket.socket, length: int) -> bytes:
    """The next `length` bytes, and not one more: what follows is the keeper's."""
    received = b""
    while len(received) < length:
        part = wire.recv(length - len(received))
        if not part:
            raise EOFError("the grader has gone")
        received += part
    return received


def _fork(level: str, its_task: Callable[[], keeper.Task], wire: socket.socket) -> None:
    """Fork a process that has a kernel kept.

    In namespaces, it makes them and then forks the keeper, which is the first one in there; elsewhere it stays beside the
    keeper as its guard. its_task is called in there; where it raises ValueError, that is told the grader.
    """
    here, there = socket.socketpair()
    pid = os.fork()
    if pid:
        there.close()
        with here, suppress(OSError):  # it says itself what went wrong
            if here.recv(1):
                try:
                    namespaces.map_users(pid)
                except OSError as error:
                    keeper.send(wire, {"missing": f"user ids cannot be mapped ({error})"})
                    return
                here.sendall(b"!")
        return
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if level == "namespaces":
            keeper.close_all_but(wire.fileno(), there.fileno())
            _leave(its_task(), there, wire)
        else:
            task = its_task()
            keeper.close_all_but(wire.fileno(), *task.files)
            keeper.guard(task, wire)
    except ValueError as error:
        keeper.send(wire, {"error": str(error)})
    except BaseException:
        keeper.send(wire, {"error": traceback.format_exc()})
    finally:
        os._exit(0)


def _leave(task: keeper.Task, parent: socket.socket, wire: socket.socket) -> None:
    """Make namespaces, and fork the keeper in them. parent: who gives user ids from outside."""
    try:
        namespaces.leave()
    except OSError as error:
        keeper.send(wire, {"missing": f"making namespaces is not permitted ({error})"})
        return
    parent.sendall(b"!")
    if parent.recv(1):
        first = os.fork()
        if first:
            keeper.send(wire, {"process": first})
        else:
            parent.close()
            keeper.keep(task, wire)
