"""Namespaces: a kernel gets a small world of its own, in which there is nothing to find.

No network, no other processes, and a file system that is put together from what Python needs, read-only and at its usual
place, plus one scratch folder in memory, which has a fixed size and vanishes with the kernel. Everything else, the home
folders, the gradebook, other submissions, is not forbidden there: it does not exist.
"""

import os
from pathlib import Path

from . import landlock, system, world

PLACES = world.Places("/scratch", "/run/kernel")


def leave() -> None:
    """Put this process into new namespaces; its next child will be the first process there. Raises OSError."""
    flags = system.CLONE_NEWUSER | system.CLONE_NEWNS | system.CLONE_NEWPID | system.CLONE_NEWNET
    system.call("unshare", flags | system.CLONE_NEWIPC | system.CLONE_NEWUTS | system.CLONE_NEWCGROUP)


def map_users(pid: int) -> None:
    """Give the process `pid`, which has left, its user ids: those that it has outside, and, for root, `world.NOBODY`.

    Called from outside. Raises OSError.
    """
    folder = Path(f"/proc/{pid}")
    for kind, own in (("uid", os.geteuid()), ("gid", os.getegid())):
        lines = [f"{own} {own} 1"]
        if os.geteuid() == 0:
            lines.append(f"{world.NOBODY} {world.NOBODY} 1")
        elif kind == "gid":
            (folder / "setgroups").write_text("deny")
        (folder / f"{kind}_map").write_text("\n".join(lines))


def enter(own: world.World) -> world.Entered:
    """Put this process, the first of its namespaces, into the world `own`.

    Inside, nobody sees processes that are not theirs. Raises OSError where the system does not permit it, ValueError where
    the submission does not fit into the scratch folder.
    """
    system.mount(None, "/", None, system.MS_REC | system.MS_PRIVATE)
    root = own.place
    system.mount("tmpfs", root, "tmpfs", system.MS_NOSUID | system.MS_NODEV, "size=4m,mode=755")
    rules = {PLACES.scratch: landlock.WRITE, "/tmp": landlock.WRITE}

    os.mkdir(root + PLACES.scratch)
    options = f"size={own.scratch_bytes},nr_inodes=100000,mode=755"
    system.mount("tmpfs", root + PLACES.scratch, "tmpfs", system.MS_NOSUID | system.MS_NODEV, options)
    for folder in (*PLACES.folders, f"{PLACES.scratch}/shm"):
        os.mkdir(root + folder, 0o700)
    os.mkdir(root + "/tmp")
    system.mount(root + PLACES.temporary, root + "/tmp", None, system.MS_BIND)

    for path in filter(os.path.exists, own.readable):
        rules[_place(path, root)] = landlock.READ
    for path in filter(os.path.exists, own.devices):
        rules[_place(path, root, device=True)] = landlock.DEVICE

    for folder in ("/proc", "/dev/pts", "/etc", PLACES.sockets):
        os.makedirs(root + folder, exist_ok=True)
    quiet = system.MS_NOSUID | system.MS_NOEXEC
    system.mount("proc", f"{root}/proc", "proc", quiet | system.MS_NODEV)
    processes = os.open(f"{root}/proc", os.O_RDONLY | os.O_DIRECTORY)
    system.mount("proc", f"{root}/proc", "proc", quiet | system.MS_NODEV, "hidepid=2")
    system.mount("devpts", f"{root}/dev/pts", "devpts", quiet, "newinstance,ptmxmode=666,max=64")
    system.mount(own.sockets, root + PLACES.sockets, None, system.MS_BIND)
    system.restrict_mount(root + PLACES.sockets, system.MOUNT_ATTR_NOSUID | system.MOUNT_ATTR_NODEV)
    _furnish(root, own)
    rules |= {
        "/proc": landlock.READ,
        "/etc/passwd": landlock.READ,
        "/etc/group": landlock.READ,
        "/dev/pts": landlock.DEVICE,
        PLACES.sockets: landlock.WRITE_FILE | landlock.MAKE_SOCK | landlock.REMOVE_FILE,
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
    return world.Entered(PLACES, rules, processes, os.open(PLACES.submission, os.O_RDONLY | os.O_DIRECTORY))


def close_the_door(gpu: bool) -> None:
    """Once the kernel has made its sockets: from now on it makes nothing outside of the scratch folder.

    gpu: leave it to Landlock what of /proc can be written (see world.names_of_threads).
    """
    for mounted in (PLACES.sockets,) if gpu else (PLACES.sockets, "/proc"):
        system.restrict_mount(mounted, system.MOUNT_ATTR_RDONLY)


def _furnish(root: str, own: world.World) -> None:
    """Put the links and small files into the new root that programs expect, and the submission into the scratch folder."""
    links = {"/var/tmp": PLACES.temporary, "/dev/shm": f"{PLACES.scratch}/shm", "/dev/ptmx": "pts/ptmx"}
    links |= {"/dev/fd": "/proc/self/fd", "/dev/stdin": "fd/0", "/dev/stdout": "fd/1", "/dev/stderr": "fd/2"}
    for link, target in links.items():
        if not os.path.lexists(root + link):
            os.makedirs(os.path.dirname(root + link), exist_ok=True)
            os.symlink(target, root + link)
    Path(root + "/etc/passwd").write_text(f"student:x:{own.user}:{own.group}::{PLACES.home}:/bin/sh\n")
    Path(root + "/etc/group").write_text(f"student:x:{own.group}:\n")
    if own.submission:
        world.copy(own.submission, root + PLACES.submission, own.scratch_bytes)
    world.give_away(root + PLACES.scratch, own)


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
