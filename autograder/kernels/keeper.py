"""The keeper: the first process in a kernel's namespaces, which builds its world, starts it, and ends it.

It is on the grader's side and does nothing but keep: pass on signals, add up memory, and, when the kernel ends, when it
takes too much, when the grader says so or when the grader is gone, end every process in there and be gone as well. With
it goes the world, scratch folder and all.
"""

import errno
import json
import os
import select
import signal
import socket
import stat
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass

from . import kernel, landlock, limits, namespaces, seccomp, system

_LOOK_EVERY = 0.5  # seconds between two looks at the memory in use
_MOST_KEPT = 2**20  # bytes of one file that is handed back


class CannotLockIn(Exception):
    """This system lacks something. The message names it, as the subject and verb of a sentence."""


@dataclass(frozen=True)
class Task:
    """What one kernel is to be: how it is reached and configured, in which world, and with what limits.

    connection: as in a connection file. arguments: ipykernel's. environment: added to the kernel's own. folders: where
    commands lie. kept: the names of files that are handed back from the working directory. threads: of torch, 0 for its
    own choice. rehearsal: lock in, but run nothing.
    """

    world: namespaces.World
    limits: limits.Limits
    connection: dict
    arguments: tuple[str, ...]
    environment: dict[str, str]
    folders: tuple[str, ...]
    kept: tuple[str, ...]
    threads: int
    rehearsal: bool = False


def missing() -> str:
    """What this system lacks that can be seen without trying, as in CannotLockIn; "" if nothing."""
    try:
        landlock.version()
    except OSError as error:
        why = "switched off" if error.errno == errno.EOPNOTSUPP else "not part of this system"
        return f"Landlock is {why} (it needs Linux 5.13 or newer, with landlock among its security modules)"
    if not seccomp.known():
        return f"the list of system calls for a machine of the kind {system.MACHINE} is missing"
    return ""


def keep(task: Task, wire: socket.socket) -> None:
    """Be the first process of the namespaces that the parent has made. Returns when all is over.

    Sends over `wire`, one JSON object a line: {"ready": true} once; {"ended": status, "why": text, "kept": {name: text}}
    at last, where `why` is "" unless a limit ended it; or {"missing": text} or {"error": text} where it does not come to
    that. With the last come "waited", the seconds in which the kernel could have run and got no processor, and "killed",
    whether it was killed and not by this process. Understands {"signal": number} and {"stop": true}.
    """
    _name("course-keeper")
    system.prctl(system.PR_SET_DUMPABLE, 0)
    try:
        os.setsid()
        inside, child, processes = _start(task)
        namespaces.close_the_door(task.world.gpu)
        if task.rehearsal:
            send(wire, {"ready": True})
            return
        inside.sendall(b"!")
        inside.close()
    except CannotLockIn as lack:
        send(wire, {"missing": str(lack)})
        return
    except Exception as error:
        send(wire, {"error": _in_words(error)})
        return
    send(wire, {"ready": True})
    send(wire, _watch(task, wire, child, processes))
    wire.close()  # nothing but this process is left, and its end, with all that it has of the warm process, takes a while


def send(wire: socket.socket, message: dict) -> None:
    """Send one message; nobody may be left to read it."""
    with suppress(OSError):
        wire.sendall(json.dumps(message).encode() + b"\n")


def _in_words(error: BaseException) -> str:
    """A ValueError is for the instructor to read, any other for a developer."""
    return str(error) if isinstance(error, ValueError) else traceback.format_exc()


def _start(task: Task) -> tuple[socket.socket, int, int]:
    """Build the world and start the kernel in it.

    Returns a socket to it, its process id, and an open folder of all processes (see namespaces.enter), once it listens.
    """
    try:
        rules, processes = namespaces.enter(task.world)
    except OSError as error:
        if error.errno in (errno.EPERM, errno.EACCES, errno.EINVAL, errno.ENOSYS):
            raise CannotLockIn(f"a file system of its own cannot be made for a kernel ({error})") from error
        raise
    inside, outside = socket.socketpair()
    child = os.fork()
    if child == 0:
        try:
            inside.close()
            _be_kernel(task, rules, outside)
        except CannotLockIn as lack:
            send(outside, {"missing": str(lack)})
        except BaseException as error:
            send(outside, {"error": _in_words(error)})
        finally:
            os._exit(1)
    outside.close()
    reply = json.loads(_line(inside) or '{"error": "the kernel ended while it started"}')
    if "missing" in reply:
        raise CannotLockIn(reply["missing"])
    if "error" in reply:
        raise ValueError(reply["error"])
    return inside, child, processes


def _be_kernel(task: Task, rules: dict[str, int], outside: socket.socket) -> None:
    """Lock this process in, and become the kernel."""
    _name("course-kernel")
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    close_all_but(outside.fileno())
    try:
        limits.apply(task.limits, task.world.gpu)
        limits.become_nobody(task.world.gpu)
        _check_that_all_can_be_read(task.world.reads)
        landlock.restrict(rules | (namespaces.names_of_threads() if task.world.gpu else {}))
        seccomp.restrict(task.world.gpu)
    except OSError as error:
        raise CannotLockIn(f"a process cannot be locked in ({error})") from error

    def ready() -> None:
        send(outside, {"ready": True})
        outside.recv(1)  # until the door is closed
        outside.close()

    if task.rehearsal:
        ready()
        return
    given = kernel.environment(task.environment, list(task.folders))
    os.environ.clear()
    os.environ.update(given)
    kernel.run(task.connection, list(task.arguments), task.threads, ready)


def _check_that_all_can_be_read(paths: tuple[str, ...]) -> None:
    """Raise ValueError where the user that a kernel is has no right to read one of its files."""
    for path in paths:
        if not os.access(path, os.R_OK | (os.X_OK if os.path.isdir(path) else 0)):
            raise ValueError(
                f"Kernels cannot read {path}: where root grades, they are the user nobody. Let everybody read it"
                f" (chmod -R o+rX {path}), or grade as an ordinary user."
            )


def close_all_but(*kept: int) -> None:
    """Close every file but `kept`; standard input and outputs lead nowhere."""
    for number in map(int, os.listdir("/proc/self/fd")):
        if number > 2 and number not in kept:
            with suppress(OSError):  # the listing's own
                os.close(number)
    nowhere = os.open("/dev/null", os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    os.close(nowhere)


def _watch(task: Task, wire: socket.socket, child: int, processes: int) -> dict:
    """Pass on signals until the kernel ends or is to end, then end all. Returns the last message."""
    why, unread, ended, wanted, by_itself, waited = "", b"", os.pidfd_open(child), True, False, 0.0
    look = time.monotonic()
    while wanted and not why:
        ready, _, _ = select.select([wire, ended], [], [], _LOOK_EVERY)
        if ended in ready:
            by_itself = True
            break
        if wire in ready:
            received = wire.recv(4096)
            *lines, unread = (unread + received).split(b"\n")
            for message in map(json.loads, lines):
                if "signal" in message:
                    with suppress(ProcessLookupError):
                        os.killpg(child, message["signal"])
                elif "stop" in message:
                    wanted = False
            wanted = wanted and bool(received)
        if time.monotonic() > look:
            look = time.monotonic() + _LOOK_EVERY
            waited = _waited(processes, child) or waited
            _reap(child)
            if limits.memory_in_use(processes, task.limits.memory) > task.limits.memory:
                why = f"it used more than {task.limits.memory // 2**20} MiB of memory with all its processes"
    with suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)  # every process in here but this one
    status = _reap_all(child)
    killed = by_itself and status == -signal.SIGKILL
    return {"ended": status, "why": why, "kept": _kept(task.kept), "waited": waited, "killed": killed}


def _waited(processes: int, child: int) -> float:
    """Seconds that the kernel's main thread could have run and got no processor; 0.0 where the system does not say."""
    try:
        with open(os.open(f"{child}/schedstat", os.O_RDONLY, dir_fd=processes)) as file:
            return int(file.read().split()[1]) / 1e9
    except OSError:  # it has ended, or this system keeps no such file
        return 0.0


def _reap(child: int) -> None:
    """Let go of orphans that have ended; the kernel is not one of them."""
    while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) and ended.si_pid != child:
        os.waitpid(ended.si_pid, 0)


def _reap_all(child: int) -> int:
    """Wait until every process in here has ended. Returns the kernel's exit status, or minus its signal."""
    status = 1
    while True:
        try:
            pid, how = os.wait()
        except ChildProcessError:
            return status
        if pid == child:
            status = os.waitstatus_to_exitcode(how)


def _kept(names: tuple[str, ...]) -> dict[str, str]:
    """The text of those regular files in the working directory."""
    found = {}
    for name in names:
        with suppress(OSError, UnicodeDecodeError):
            fd = os.open(f"{namespaces.SUBMISSION}/{name}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with open(fd, "rb") as file:
                if stat.S_ISREG(os.fstat(fd).st_mode) and len(content := file.read(_MOST_KEPT + 1)) <= _MOST_KEPT:
                    found[name] = content.decode()
    return found


def _line(wire: socket.socket) -> str:
    """What is received up to the end of a line or of the connection."""
    text = b""
    while not text.endswith(b"\n"):
        received = wire.recv(65536)
        if not received:
            return ""
        text += received
    return text.decode()


def _name(name: str) -> None:
    """What `ps` shows for this process."""
    import ctypes

    system.prctl(system.PR_SET_NAME, ctypes.create_string_buffer(name.encode()))
