"""Limits: how much of the machine one kernel may take, and what it may do as a user.

Most are the system's own (setrlimit). Memory needs more: a limit for each process does not bound many processes, and an
address-space limit would keep CUDA from working. So private memory is limited for each process, and the keeper of a
kernel adds up what all its processes really use.
"""

import os
import resource
from dataclasses import dataclass
from pathlib import Path

from . import system

ROOM = 4  # times a kernel's processes that are free for others of the same user; its keeper looks at its own


@dataclass(frozen=True)
class Limits:
    """What a kernel with all its processes may take; memory, files and open files are in bytes and counts.

    memory: beyond what the warm process has. file: the size of one file. seconds: CPU time of one process.
    """

    memory: int
    file: int
    processes: int
    open_files: int
    seconds: int


def apply(limits: Limits, gpu: bool = False, others: int = 0) -> None:
    """Set the limits for this process and all that it starts. Raises OSError.

    gpu: such as CUDA can start under. others: how many processes and threads of the same user there are besides, which the
    system counts along.
    """
    system.prctl(system.PR_SET_DUMPABLE, 1)  # the keeper's copy was not, and so /proc/self would belong to root
    sizes = dict(
        line.split(":")
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith(("VmSize", "VmData"))
    )
    now = {name: 1024 * int(text.split()[0]) for name, text in sizes.items()}
    wanted = {
        resource.RLIMIT_DATA: now["VmData"] + limits.memory,
        resource.RLIMIT_FSIZE: limits.file,
        resource.RLIMIT_NPROC: limits.processes + (others + ROOM * limits.processes if others else 0),
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_CPU: limits.seconds,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    if not gpu:  # CUDA reserves more addresses than any machine has memory
        wanted[resource.RLIMIT_AS] = now["VmSize"] + limits.memory
    for kind, most in wanted.items():
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))
    Path("/proc/self/oom_score_adj").write_text("1000")  # where memory runs out all the same, this goes first


def become(user: int, group: int, paths: tuple[str, ...], landlocked: bool, hidden: bool = False) -> None:
    """Give up all that distinguishes this process from any user's, for good. Raises OSError.

    paths: what it has to read. Where `user` may not (Python can lie in root's home), that alone stays permitted if Landlock
    is to hold the process anyway, and else ValueError is raised. hidden: what /proc says of it belongs to root.
    """
    if os.geteuid() == 0 and user:
        system.prctl(system.PR_SET_KEEPCAPS, 1)
        os.setgroups([])
        os.setresgid(group, group, group)
        os.setresuid(user, user, user)
    closed = [path for path in paths if not os.access(path, os.R_OK | (os.X_OK if os.path.isdir(path) else 0))]
    ways = [
        one for one in (system.CAP_DAC_READ_SEARCH, system.CAP_DAC_OVERRIDE) if one in system.permitted_capabilities()
    ]
    if closed and not (landlocked and ways):
        raise ValueError(
            f"Kernels cannot read {closed[0]}: where root grades, they are another user. Let everybody read it"
            f" (chmod -R o+rX {closed[0]}, and o+x for the folders above it), or grade as an ordinary user."
        )
    system.drop_capabilities(but=ways[0] if closed else None)
    system.prctl(system.PR_SET_NO_NEW_PRIVS, 1)
    system.prctl(system.PR_SET_DUMPABLE, 0 if hidden else 1)  # a new user id has taken that back


@dataclass(frozen=True)
class Use:
    """What a kernel has of the machine at one moment: its processes, how many with their threads, and bytes of memory.

    crowd: all processes and threads of its user.
    """

    members: tuple[str, ...]
    tasks: int
    memory: int
    crowd: int


def in_use(processes: int, user: int, group: int | None) -> Use:
    """What a kernel uses now.

    processes: an open folder of the proc file system in which nobody is hidden. group: its processes are those of this
    process group; None: all of `user`'s but the first, which is the keeper.
    """
    members, tasks, memory, crowd = [], 0, 0, 0
    for name in os.listdir(processes):
        if not name.isdigit() or name == "1":
            continue
        try:
            found = _numbers(processes, f"{name}/status")
            if found["Uid"][0] != user:
                continue
            crowd += found["Threads"][0]
            if group is None or _group(processes, name) == group:
                members.append(name)
                tasks += found["Threads"][0]
                memory += 1024 * sum(found.get(kind, (0,))[0] for kind in ("RssAnon", "RssShmem", "VmSwap"))
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended since
    return Use(tuple(members), tasks, memory, crowd)


def memory_told_apart(processes: int, members: tuple[str, ...]) -> int | None:
    """Bytes of memory of these processes, where what they share counts once; None where the system does not tell."""
    total = 0
    for name in members:
        try:
            found = _numbers(processes, f"{name}/smaps_rollup")
        except (FileNotFoundError, ProcessLookupError):
            continue
        except PermissionError:  # of a kernel with GPUs
            return None
        total += 1024 * sum(found.get(kind, (0,))[0] for kind in ("Pss_Anon", "Pss_Shmem", "SwapPss"))
    return total


def _numbers(processes: int, file: str) -> dict[str, tuple[int, ...]]:
    """The lines `name: number …` of a file there."""
    with open(os.open(file, os.O_RDONLY, dir_fd=processes)) as text:
        pairs = (line.split(":", 1) for line in text if ":" in line)
        return {name: numbers for name, values in pairs if (numbers := _leading(values))}


def _leading(values: str) -> tuple[int, ...]:
    found = []
    for value in values.split():
        if not value.isdigit():
            break
        found.append(int(value))
    return tuple(found)


def _group(processes: int, name: str) -> int:
    """The process group of a process."""
    with open(os.open(f"{name}/stat", os.O_RDONLY, dir_fd=processes)) as file:
        return int(file.read().rpartition(")")[2].split()[2])
