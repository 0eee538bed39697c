"""What a kernel's world is made of, whichever way it is put up: what it reads, where it writes, and who it is there.

`namespaces` puts it together from mounts, where nothing else exists; `scratch` uses the file system as it is, where
nothing else can be opened.
"""

import os
import pwd
import secrets
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from . import landlock, system

NOBODY = 65534
_USERS = range(20_000, 60_000)  # where containers have user ids, and distributions give none
_GPU_DEVICES = ("nvidia*", "kfd", "dri", "dxg")
_GPU_FILES = ("/sys", "/etc/nvidia", "/etc/OpenCL")
SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/nix/store")
_SETTINGS = ("/etc/ld.so.cache", "/etc/localtime", "/etc/alternatives", "/etc/fonts", "/etc/ssl/openssl.cnf")
_PROCESSORS = ("/sys/devices/system/cpu", "/sys/devices/system/node")
_DEVICES = ("/dev/null", "/dev/full", "/dev/random", "/dev/urandom")
_ZERO = "/dev/zero"  # mapped, it is memory that no process owns (see seccomp.py); GPU drivers may use it


@dataclass(frozen=True)
class World:
    """What is in a kernel's world besides the system's own libraries.

    reads: folders and files that it may read. sockets: the folder outside in which it makes the sockets that it is reached
    by. submission: the folder that is copied into its working directory, or "" for none. scratch_bytes: how much it may
    write in all. place: an empty folder outside, for whatever the world is put up with. user, group: who it is, outside;
    own_user: whether that is another user than its keeper. gpu: whether the GPUs of this machine are in there, with what their drivers need.
    """

    reads: tuple[str, ...]
    sockets: str
    submission: str
    scratch_bytes: int
    place: str
    user: int
    group: int
    own_user: bool
    gpu: bool = False

    @property
    def readable(self) -> tuple[str, ...]:
        """All that may be read, if it is there."""
        return (*SYSTEM, *_SETTINGS, *_PROCESSORS, *(_GPU_FILES if self.gpu else ()), *self.reads)

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices that may be used, if they are there."""
        return (*_DEVICES, *((_ZERO, *gpu_devices()) if self.gpu else ()))


@dataclass(frozen=True)
class Places:
    """Where the parts of a world lie for those inside. sockets: the folder of sockets."""

    scratch: str
    sockets: str

    @property
    def submission(self) -> str:
        return f"{self.scratch}/submission"

    @property
    def home(self) -> str:
        return f"{self.scratch}/home"

    @property
    def temporary(self) -> str:
        return f"{self.scratch}/tmp"

    @property
    def folders(self) -> tuple[str, ...]:
        return self.submission, self.home, self.temporary


@dataclass(frozen=True)
class Entered:
    """A world that is ready: where things are in it, Landlock's rules for it, and two open folders.

    processes: of the proc file system, in which nobody is hidden. submission: the kernel's working directory, as it was
    before anything ran in there.
    """

    places: Places
    rules: dict[str, int]
    processes: int
    submission: int


def identity(level: str) -> tuple[int, int]:
    """The user and group that a kernel is to be at a level: another than the grader's, where the grader may choose.

    In namespaces all of them can be nobody. Elsewhere each is a user whom nobody else is, so that none can touch another.
    """
    if os.geteuid() and level == "namespaces" or level != "namespaces" and not system.may_change_user():
        return os.geteuid(), os.getegid()
    return (NOBODY, NOBODY) if level == "namespaces" else (user := _nobodys(), user)


def _nobodys() -> int:
    """A user id that has no name and no process."""
    while True:
        user = secrets.choice(_USERS)
        try:
            pwd.getpwuid(user)
        except KeyError:
            if not any(_is_of(process, user) for process in Path("/proc").glob("[0-9]*")):
                return user


def _is_of(process: Path, user: int) -> bool:
    try:
        return process.stat().st_uid == user
    except OSError:  # it has ended since
        return False


def gpu_devices() -> list[str]:
    """The device files of GPUs on this machine."""
    return [str(path) for pattern in _GPU_DEVICES for path in sorted(Path("/dev").glob(pattern))]


def names_of_threads() -> dict[str, int]:
    """A rule for Landlock: what drivers of GPUs write when they start, /proc/self/task/…/comm of threads still to come.

    Landlock knows a folder by its inode, and the proc file system makes new ones; this one stays while it is open.
    """
    os.open("/proc/self/task", os.O_PATH)
    return {f"/proc/{os.getpid()}/task": landlock.READ | landlock.WRITE_FILE | landlock.TRUNCATE}


def copy(source: str, target: str, limit: int) -> None:
    """Copy folders, files and links (as links) from `source` into `target`; sockets, devices and pipes stay behind.

    Raises ValueError where that is more than `limit` bytes.
    """
    total = 0
    for folder, folders, files in os.walk(source):
        inside = os.path.join(target, os.path.relpath(folder, source))
        for name in (*folders, *files):
            path, made = os.path.join(folder, name), os.path.join(inside, name)
            status = os.lstat(path)
            total += status.st_size
            if total > limit:
                raise ValueError(
                    f"The folder {source}, which a kernel gets a copy of, holds more than {limit // 2**20} MiB. Move"
                    " what is not part of the submission elsewhere, or raise c.LockedInProvisioner.scratch_mib."
                )
            if stat.S_ISLNK(status.st_mode):
                os.symlink(os.readlink(path), made)
            elif stat.S_ISDIR(status.st_mode):
                os.mkdir(made, 0o700)
            elif stat.S_ISREG(status.st_mode):
                shutil.copyfile(path, made)


def give_away(folder: str, world: World) -> None:
    """Make `folder` and all below it the kernel's own."""
    for inside, _, files in os.walk(folder):
        for path in (inside, *(os.path.join(inside, file) for file in files)):
            os.chown(path, world.user, world.group, follow_symlinks=False)
