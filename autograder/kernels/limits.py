"""Limits: how much of the machine one kernel may take, and what it may do as a user.

Most are the system's own (setrlimit). Memory needs more: a limit for each process does not bound many processes, and an
address-space limit would keep CUDA from working. So private memory is limited for each process, and the keeper of a
kernel adds up what all its processes really use.
"""

import os
import resource
from dataclasses import dataclass
from pathlib import Path

from . import namespaces, system


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


def apply(limits: Limits, gpu: bool = False) -> None:
    """Set the limits for this process and all that it starts; with `gpu`, such as CUDA can start under. Raises OSError."""
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
        resource.RLIMIT_NPROC: limits.processes,
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


def become_nobody(gpu: bool = False) -> None:
    """Give up all that distinguishes this process from any user's, for good. Raises OSError.

    gpu: /proc is not read-only for it (see namespaces.names_of_threads), and so belongs to root, but for those names.
    """
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(*[namespaces.group()] * 3)
        os.setresuid(*[namespaces.user()] * 3)
    system.drop_capabilities()
    system.prctl(system.PR_SET_NO_NEW_PRIVS, 1)
    system.prctl(system.PR_SET_DUMPABLE, 0 if gpu else 1)  # a new user id has taken that back


def memory_in_use(processes: int, most: int) -> int:
    """Bytes of memory, without files, that all processes of this namespace but the first have mapped.

    processes: an open folder of the proc file system, in which nobody is hidden. Where more than `most` are counted, what
    processes share is told apart, which takes longer, and of a kernel with GPUs cannot be seen.
    """
    counted = _added_up(processes, "status", ("RssAnon:", "RssShmem:", "VmSwap:"))
    if counted <= most:
        return counted
    try:
        return _added_up(processes, "smaps_rollup", ("Pss_Anon:", "Pss_Shmem:", "SwapPss:"))
    except PermissionError:
        return counted


def _added_up(processes: int, file: str, kinds: tuple[str, ...]) -> int:
    total = 0
    for name in os.listdir(processes):
        if not name.isdigit() or name == "1":
            continue
        try:
            with open(os.open(f"{name}/{file}", os.O_RDONLY, dir_fd=processes)) as file_of_one:
                lines = file_of_one.read().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended since
        total += sum(1024 * int(line.split()[1]) for line in lines if line.startswith(kinds))
    return total
