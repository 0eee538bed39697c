"""Namespaces: a kernel gets a small world of its own, in which there is nothing to find.

No network, no other processes, and a file system that is put together from what Python needs, read-only and at its usual
place, plus one scratch folder in memory, which has a fixed size and vanishes with the kernel. Everything else, the home
folders, the gradebook, other submissions, is not forbidden there: it does not exist.
"""

import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from . import landlock, system

NOBODY = 65534
"""Who a kernel is where the grader is root. An ordinary user's kernels are that user, in a world without their files."""

SCRATCH = "/scratch"
SUBMISSION = f"{SCRATCH}/submission"
HOME = f"{SCRATCH}/home"
TEMPORARY = f"{SCRATCH}/tmp"
SOCKETS = "/run/kernel"

SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/nix/store")
_SETTINGS = ("/etc/ld.so.cache", "/etc/localtime", "/etc/alternatives", "/etc/fonts", "/etc/ssl/openssl.cnf")
_PROCESSORS = ("/sys/devices/system/cpu", "/sys/devices/system/node")
_DEVICES = ("/dev/null", "/dev/full", "/dev/random", "/dev/urandom")
_ZERO = "/dev/zero"  # mapped, it is memory that no process owns (see seccomp.py); GPU drivers may use it
_GPU_DEVICES = ("nvidia*", "kfd", "dri", "dxg")
_GPU_FILES = ("/sys", "/etc/nvidia", "/etc/OpenCL")


@dataclass(frozen=True)
class World:
    """What is in a kernel's file system besides the system's own libraries.

    reads: folders and files that it may read, at their usual place. sockets: the folder outside in which it makes the
    sockets that it is reached by. submission: the folder that is copied into its working directory, or "" for none.
    scratch_bytes: how much it may write in all. place: an empty folder outside on which the world is put together. gpu:
    whether the GPUs of this machine are in there, with what their drivers need.
    """

    reads: tuple[str, ...]
    sockets: str
    submission: str
    scratch_bytes: int
    place: str
    gpu: bool = False


def user() -> int:
    """The user id that a kernel has, inside as outside."""
    return os.geteuid() or NOBODY


def group() -> int:
    return os.getegid() if os.geteuid() else NOBODY


def leave() -> None:
    """Put this process into new namespaces; its next child will be the first process there. Raises OSError."""
    flags = system.CLONE_NEWUSER | system.CLONE_NEWNS | system.CLONE_NEWPID | system.CLONE_NEWNET
    system.call("unshare", flags | system.CLONE_NEWIPC | system.CLONE_NEWUTS | system.CLONE_NEWCGROUP)


def map_users(pid: int) -> None:
    """Give the process `pid`, which has left, its user ids: those that it has outside, and, for root, `NOBODY`.

    Called from outside. Raises OSError.
    """
    folder = Path(f"/proc/{pid}")
    for kind, own in (("uid", os.geteuid()), ("gid", os.getegid())):
        lines = [f"{own} {own} 1"]
        if os.geteuid() == 0:
            lines.append(f"{NOBODY} {NOBODY} 1")
        elif kind == "gid":
            (folder / "setgroups").write_text("deny")
        (folder / f"{kind}_map").write_text("\n".join(lines))


def gpu_devices() -> list[str]:
    """The device files of GPUs on this machine."""
    return [str(path) for pattern in _GPU_DEVICES for path in sorted(Path("/dev").glob(pattern))]


def enter(world: World) -> tuple[dict[str, int], int]:
    """Put this process, the first of its namespaces, into `world`.

    Returns the same borders as rules for Landlock, and an open folder of the proc file system in which every process of
    the namespace can be seen; inside, nobody sees processes that are not theirs. Raises OSError where the system does not
    permit it, ValueError where the submission does not fit into the scratch folder.
    """
    system.mount(None, "/", None, system.MS_REC | system.MS_PRIVATE)
    root = world.place
    system.mount("tmpfs", root, "tmpfs", system.MS_NOSUID | system.MS_NODEV, "size=4m,mode=755")
    rules = {SCRATCH: landlock.WRITE, "/tmp": landlock.WRITE}

    os.mkdir(root + SCRATCH)
    options = f"size={world.scratch_bytes},nr_inodes=100000,mode=755"
    system.mount("tmpfs", root + SCRATCH, "tmpfs", system.MS_NOSUID | system.MS_NODEV, options)
    for folder in (SUBMISSION, HOME, TEMPORARY, f"{SCRATCH}/shm"):
        os.mkdir(root + folder, 0o700)
    os.mkdir(root + "/tmp")
    system.mount(root + TEMPORARY, root + "/tmp", None, system.MS_BIND)

    gpu = gpu_devices() if world.gpu else []
    for path in (*SYSTEM, *_SETTINGS, *_PROCESSORS, *(_GPU_FILES if gpu else ()), *world.reads):
        if os.path.exists(path):
            rules[_place(path, root)] = landlock.READ
    for path in (*_DEVICES, *((_ZERO, *gpu) if gpu else ())):
        if os.path.exists(path):
            rules[_place(path, root, device=True)] = landlock.DEVICE

    for folder in ("/proc", "/dev/pts", "/etc", SOCKETS):
        os.makedirs(root + folder, exist_ok=True)
    quiet = system.MS_NOSUID | system.MS_NOEXEC
    system.mount("proc", f"{root}/proc", "proc", quiet | system.MS_NODEV)
    processes = os.open(f"{root}/proc", os.O_RDONLY | os.O_DIRECTORY)
    system.mount("proc", f"{root}/proc", "proc", quiet | system.MS_NODEV, "hidepid=2")
    system.mount("devpts", f"{root}/dev/pts", "devpts", quiet, "newinstance,ptmxmode=666,max=64")
    system.mount(world.sockets, root + SOCKETS, None, system.MS_BIND)
    system.restrict_mount(root + SOCKETS, system.MOUNT_ATTR_NOSUID | system.MOUNT_ATTR_NODEV)
    _furnish(root, world)
    rules |= {
        "/proc": landlock.READ,
        "/etc/passwd": landlock.READ,
        "/etc/group": landlock.READ,
        "/dev/pts": landlock.DEVICE,
        SOCKETS: landlock.WRITE_FILE | landlock.MAKE_SOCK | landlock.REMOVE_FILE,
    }

    os.chdir(root)
    system.call("pivot_root", ".", ".")  # the old root now lies on top of the new one …
    system.call("umount2", ".", system.MNT_DETACH)  # … and is gone
    os.chdir("/")
    system.restrict_mount("/", system.MOUNT_ATTR_RDONLY, below=False)
    Path("/proc/sys/user/max_user_namespaces").write_text("0")  # no further worlds inside this one
    for what in ("inotify_instances", "fanotify_groups"):  # which count outside, too
        if (most := Path(f"/proc/sys/user/max_{what}")).exists():
            most.write_text("16")
    system.call("sethostname", "kernel", 6)
    return rules, processes


def close_the_door(gpu: bool = False) -> None:
    """Once the kernel has made its sockets: from now on it makes nothing outside of the scratch folder.

    gpu: leave it to Landlock what of /proc can be written (see names_of_threads).
    """
    for mounted in (SOCKETS,) if gpu else (SOCKETS, "/proc"):
        system.restrict_mount(mounted, system.MOUNT_ATTR_RDONLY)


def names_of_threads() -> dict[str, int]:
    """A rule for Landlock: what drivers of GPUs write when they start, /proc/self/task/…/comm of threads still to come.

    Landlock knows a folder by its inode, and the proc file system makes new ones; this one stays while it is open.
    """
    os.open("/proc/self/task", os.O_PATH)
    return {f"/proc/{os.getpid()}/task": landlock.READ | landlock.WRITE_FILE | landlock.TRUNCATE}


def _furnish(root: str, world: World) -> None:
    """Put the links and small files into the new root that programs expect, and the submission into the scratch folder."""
    links = {"/var/tmp": TEMPORARY, "/dev/shm": f"{SCRATCH}/shm", "/dev/ptmx": "pts/ptmx"}
    links |= {"/dev/fd": "/proc/self/fd", "/dev/stdin": "fd/0", "/dev/stdout": "fd/1", "/dev/stderr": "fd/2"}
    for link, target in links.items():
        if not os.path.lexists(root + link):
            os.makedirs(os.path.dirname(root + link), exist_ok=True)
            os.symlink(target, root + link)
    Path(root + "/etc/passwd").write_text(f"student:x:{user()}:{group()}::{HOME}:/bin/sh\n")
    Path(root + "/etc/group").write_text(f"student:x:{group()}:\n")
    if world.submission:
        _copy(world.submission, root + SUBMISSION, world.scratch_bytes)
    for folder, _, files in os.walk(root + SCRATCH):
        for path in (folder, *(os.path.join(folder, file) for file in files)):
            os.chown(path, user(), group(), follow_symlinks=False)


def _copy(source: str, target: str, limit: int) -> None:
    """Copy folders, files and links (as links) from `source` into `target`; sockets, devices and pipes stay behind."""
    total = 0
    for folder, folders, files in os.walk(source):
        inside = os.path.join(target, os.path.relpath(folder, source))
        for name in (*folders, *files):
            path, copy = os.path.join(folder, name), os.path.join(inside, name)
            status = os.lstat(path)
            total += status.st_size
            if total > limit:
                raise ValueError(
                    f"The folder {source}, which a kernel gets a copy of, holds more than {limit // 2**20} MiB. Move"
                    " what is not part of the submission elsewhere, or raise c.LockedInProvisioner.scratch_mib."
                )
            if stat.S_ISLNK(status.st_mode):
                os.symlink(os.readlink(path), copy)
            elif stat.S_ISDIR(status.st_mode):
                os.mkdir(copy, 0o700)
            elif stat.S_ISREG(status.st_mode):
                shutil.copyfile(path, copy)


def _place(path: str, root: str, device: bool = False) -> str:
    """Show what lies at `path` below `root`, links on the way included, read-only. Returns its true path."""
    seen = "/"
    parts = [part for part in path.split("/") if part]
    for index, part in enumerate(parts):
        seen = os.path.join(seen, part)
        if os.path.islink(seen):
            target = os.path.join(os.path.dirname(seen), os.readlink(seen))
            if not os.path.lexists(root + seen):
                os.makedirs(os.path.dirname(root + seen), exist_ok=True)
                os.symlink(os.readlink(seen), root + seen)
            return _place(os.path.normpath(os.path.join(target, *parts[index + 1 :])), root, device)
    if os.path.exists(root + path) and os.path.samefile(root + path, path):
        return path  # it lies in a folder that is shown already
    if os.path.isdir(path):
        os.makedirs(root + path, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(root + path), exist_ok=True)
        Path(root + path).touch()
    system.mount(path, root + path, None, system.MS_BIND | system.MS_REC)
    others = 0 if device else system.MOUNT_ATTR_RDONLY | system.MOUNT_ATTR_NODEV
    system.restrict_mount(root + path, system.MOUNT_ATTR_NOSUID | others)
    return path
