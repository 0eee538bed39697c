"""The keeper: the process that builds a kernel's world, starts it, and ends it. In namespaces it is the first one there.

It is on the grader's side and does nothing but keep: pass on signals, add up memory and files, and, when the kernel ends,
when it takes too much, when the grader says so or when the grader is gone, end every process in there and be gone as well.
With it goes the world, scratch folder and all: namespaces end with their first process; elsewhere a guard does what a
keeper that was killed could not do any more.
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
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from . import kernel, landlock, limits, namespaces, scratch, seccomp, system, world

_LOOK_EVERY = 0.5  # seconds between two looks at what is in use
_MOST_KEPT = 2**20  # bytes of one file that is handed back


class CannotLockIn(Exception):
    """This system lacks something. The message names it, as the subject and verb of a sentence."""


@dataclass(frozen=True)
class Task:
    """What one kernel is to be: how it is reached and configured, in which world, and with what limits.

    connection: as in a connection file. arguments: ipykernel's. environment: added to the kernel's own. folders: where
    commands lie. kept: the names of files that are handed back from the working directory. threads: of torch, 0 for its
    own choice. level: how it is locked in (see levels.py). rehearsal: lock in, but run nothing.
    files: numbers of open files that the kernel keeps (see reach.py).
    """

    world: world.World
    limits: limits.Limits
    connection: dict
    arguments: tuple[str, ...]
    environment: dict[str, str]
    folders: tuple[str, ...]
    kept: tuple[str, ...]
    threads: int
    level: str
    rehearsal: bool = False
    files: tuple[int, ...] = ()

    @property
    def apart(self) -> bool:
        """Whether the kernel has a world in which nothing else exists."""
        return self.level == "namespaces"


def missing(level: str) -> str:
    """What this system lacks for a level that can be seen without trying, as in CannotLockIn; "" if nothing."""
    if level == "uid":
        return "" if system.may_change_user() else "the grader is not root, or has not root's rights over users"
    try:
        landlock.version()
    except OSError as error:
        why = "switched off" if error.errno == errno.EOPNOTSUPP else "not part of this system"
        return f"Landlock is {why} (it needs Linux 5.13 or newer, with landlock among its security modules)"
    if not seccomp.known():
        return f"the list of system calls for a machine of the kind {system.MACHINE} is missing"
    return ""


def keep(task: Task, wire: socket.socket) -> None:
    """Keep a kernel; in namespaces, as the first process of those that the parent has made. Returns when all is over.

    Sends over `wire`, one JSON object a line: {"ready": true} once; {"ended": status, "why": text, "kept": {name: text}}
    at last, where `why` is "" unless a limit ended it; or {"missing": text} or {"error": text} where it does not come to
    that. With the last come "waited", the seconds in which the kernel could have run and got no processor, "killed",
    whether it was killed and not by this process, and "crowded", whether there were so many processes of its user that it
    may have been refused one. Understands {"signal": number} and {"stop": true}.
    """
    _name("course-keeper")
    system.prctl(system.PR_SET_DUMPABLE, 0)
    try:
        os.setsid()
        if not task.apart:
            system.prctl(system.PR_SET_CHILD_SUBREAPER, 1)
        kept = _start(task)
        if task.apart:
            namespaces.close_the_door(task.world.gpu)
        if task.rehearsal:
            kept.end()
            send(wire, {"ready": True})
            return
        kept.inside.sendall(b"!")
        kept.inside.close()
    except CannotLockIn as lack:
        send(wire, {"missing": str(lack)})
        return
    except Exception as error:
        send(wire, {"error": _in_words(error)})
        return
    send(wire, {"ready": True})
    send(wire, _watch(task, wire, kept))
    wire.close()  # nothing but this process is left, and its end, with all that it has of the warm process, takes a while


def send(wire: socket.socket, message: dict) -> None:
    """Send one message; nobody may be left to read it."""
    with suppress(OSError):
        wire.sendall(json.dumps(message).encode() + b"\n")


def _in_words(error: BaseException) -> str:
    """A ValueError is for the instructor to read, any other for a developer."""
    return str(error) if isinstance(error, ValueError) else traceback.format_exc()


def guard(task: Task, wire: socket.socket) -> None:
    """Have a keeper that shares the system with others, and when it is gone, however it ended, see that all is over."""
    system.prctl(system.PR_SET_CHILD_SUBREAPER, 1)
    _name("course-guard")
    first = os.fork()
    if first == 0:
        keep(task, wire)
        os._exit(0)
    send(wire, {"process": first})
    os.waitpid(first, 0)
    while orphans := _orphans():
        for group in orphans:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        _kill_all_of(task.world)
        with suppress(ChildProcessError):
            os.wait()
    scratch.remove(f"{task.world.place}/scratch")
    wire.close()


def _orphans() -> set[int]:
    """The process groups of this process's children."""
    found = set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError), open(f"/proc/{name}/stat") as file:
            _, parent, group, *_ = file.read().rpartition(")")[2].split()
            if int(parent) == os.getpid():
                found.add(int(group))
    return found


def _kill_all_of(own: world.World) -> None:
    """End all processes of a kernel's user, if that is another one than ours: all at once, whatever they are doing."""
    if not own.own_user:
        return
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
        return
    try:
        os.setresuid(own.user, own.user, own.user)  # as root, the next line would end the machine
        os.kill(-1, signal.SIGKILL)
    finally:
        os._exit(0)


@dataclass(frozen=True)
class Kept:
    """A kernel that has been started: a socket to it, its process id, and the world that it is in.

    others: how many processes and threads of its user there were before it, where that user is ours.
    """

    task: Task
    inside: socket.socket
    child: int
    entered: world.Entered
    others: int

    def end(self) -> int:
        """End every process in there. Returns the kernel's exit status, or minus its signal."""
        if self.task.apart:
            with suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)  # every process in here but this one
        else:
            with suppress(ProcessLookupError):
                os.killpg(self.child, signal.SIGKILL)  # they cannot leave their group (see seccomp.py) …
            _kill_all_of(self.task.world)  # … or are another user's
        return _reap_all(self.child)

    def use(self) -> limits.Use:
        own = self.task.world
        return limits.in_use(self.entered.processes, own.user, None if self.task.apart or own.own_user else self.child)

    def too_much(self, use: limits.Use) -> str:
        """Which limit the kernel is beyond, in words, or ""."""
        most = self.task.limits
        with self._as_its_user():
            if use.memory > most.memory and (
                (apart := limits.memory_told_apart(self.entered.processes, use.members)) is None or apart > most.memory
            ):
                return f"it used more than {most.memory // 2**20} MiB of memory with all its processes"
            if self.task.apart:
                return ""
            if use.tasks > most.processes:
                return f"it had more than {most.processes} processes and threads"
            places = self.entered.places
            looked_at = () if self.task.world.gpu else use.members  # what /proc says of those belongs to root
            return scratch.too_much(places.scratch, self.task.world.scratch_bytes, self.entered.processes, looked_at)

    @contextmanager
    def _as_its_user(self) -> Iterator[None]:
        """Look with the kernel's eyes, for without further rights root sees less of another user's processes."""
        if self.task.apart or not self.task.world.own_user:
            yield
            return
        os.setegid(self.task.world.group)
        os.seteuid(self.task.world.user)
        system.take_permitted_capabilities()  # of who can do more, a system says nothing
        try:
            yield
        finally:
            os.seteuid(0)
            os.setegid(0)


def _start(task: Task) -> Kept:
    """Build the world and start the kernel in it. Returns once it listens."""
    try:
        entered = namespaces.enter(task.world) if task.apart else scratch.enter(task.world)
    except OSError as error:
        if error.errno in (errno.EPERM, errno.EACCES, errno.EINVAL, errno.ENOSYS):
            raise CannotLockIn(f"a file system of its own cannot be made for a kernel ({error})") from error
        raise
    shared = not task.apart and not task.world.own_user
    others = limits.in_use(entered.processes, task.world.user, None).crowd if shared else 0
    inside, outside = socket.socketpair()
    child = os.fork()
    if child == 0:
        try:
            inside.close()
            _be_kernel(task, entered, others, outside)
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
    return Kept(task, inside, child, entered, others)


def _be_kernel(task: Task, entered: world.Entered, others: int, outside: socket.socket) -> None:
    """Lock this process in, and become the kernel. others: see Kept."""
    _name("course-kernel")
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    own = task.world
    close_all_but(outside.fileno(), *task.files)
    try:
        limits.apply(task.limits, own.gpu, others)
        needed = (*own.reads, *(() if task.apart else entered.places.folders))
        limits.become(own.user, own.group, needed, task.level == "landlock", hidden=own.gpu)
        if task.level != "uid":
            landlock.restrict(entered.rules | (world.names_of_threads() if own.gpu else {}))
        beside = None if task.apart else seccomp.Beside(landlock.version_or_none(), not own.own_user)
        with _without_seccomp_if(task.level == "uid"):
            seccomp.restrict(own.gpu, beside)
    except OSError as error:
        raise CannotLockIn(f"a process cannot be locked in ({error})") from error

    def ready() -> None:
        if not task.apart:
            with _without_seccomp_if(task.level == "uid"):
                seccomp.close_the_door()
        send(outside, {"ready": True})
        outside.recv(1)  # until the door is closed
        outside.close()

    if task.rehearsal:
        _try_the_locks(task)
        ready()
        return
    given = kernel.environment(task.environment, list(task.folders), entered.places)
    os.environ.clear()
    os.environ.update(given)
    connection = {**task.connection, "ip": f"{entered.places.sockets}/socket"}
    kernel.run(connection, list(task.arguments), task.threads, entered.places, task.apart, ready)


@contextmanager
def _without_seccomp_if(permitted: bool) -> Iterator[None]:
    """Go on where the system has no seccomp, and that is permitted."""
    try:
        yield
    except OSError:
        if not permitted:
            raise


def _try_the_locks(task: Task) -> None:
    """See that the locks hold: what a system says that it does is not always what it does. Raises CannotLockIn."""
    try:
        if task.level == "uid":
            os.kill(os.getppid(), 0)
            raise CannotLockIn("a process of another user can be signalled")
        os.close(os.open("/etc/passwd" if not task.apart else "/", os.O_RDONLY))
        raise CannotLockIn("Landlock is there, and lets a file be opened that it should not")
    except PermissionError:
        return


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


def _watch(task: Task, wire: socket.socket, kept: Kept) -> dict:
    """Pass on signals until the kernel ends or is to end, then end all. Returns the last message."""
    why, unread, ended, wanted, by_itself, waited = "", b"", os.pidfd_open(kept.child), True, False, 0.0
    look, beyond, crowded = time.monotonic(), False, False
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
                        os.killpg(kept.child, message["signal"])
                elif "stop" in message:
                    wanted = False
            wanted = wanted and bool(received)
        if time.monotonic() > look:
            look = time.monotonic() + _LOOK_EVERY
            waited = _waited(kept) or waited
            _reap(kept.child)
            use = kept.use()
            crowded = crowded or (kept.others and use.crowd > kept.others + limits.ROOM * task.limits.processes)
            found = kept.too_much(use)
            # where a user's processes are counted together, keepers of other kernels are to see the crowd, too
            why = found if found and (beyond or task.apart or task.world.own_user) else ""
            beyond = bool(found)
    status = kept.end()
    killed = by_itself and status == -signal.SIGKILL
    last = {"ended": status, "why": why, "waited": waited, "killed": killed, "crowded": bool(crowded)}
    return {**last, "kept": _kept(task.kept, kept.entered.submission)}


def _waited(kept: Kept) -> float:
    """Seconds that the kernel's main thread could have run and got no processor; 0.0 where the system does not say."""
    try:
        with open(os.open(f"{kept.child}/schedstat", os.O_RDONLY, dir_fd=kept.entered.processes)) as file:
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


def _kept(names: tuple[str, ...], folder: int) -> dict[str, str]:
    """The text of those regular files in an open folder: by its name, something else could lie there now."""
    found = {}
    for name in names:
        with suppress(OSError, UnicodeDecodeError):
            fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
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
