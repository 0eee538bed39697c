"""Systems that permit less than this one, made by really taking system calls away, from one thread and all that it starts.

`CONTAINER` is what Docker's, podman's and most pods' default profiles forbid to a process without CAP_SYS_ADMIN: namespaces
and mounts. `OLD` is that without Landlock, as in gVisor and on old systems; `NOTHING` is that for who is not root.
"""

import asyncio
import ctypes
import errno
import threading
from collections.abc import Callable
from contextlib import contextmanager

import pytest

from autograder.kernels import connection, seccomp

_NAMESPACES_AND_MOUNTS = {"unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39)}
_NAMESPACES_AND_MOUNTS |= {"pivot_root": (155, 41), "mount_setattr": (442, 442), "open_tree": (428, 428)}
_LANDLOCK = {"landlock_create_ruleset": (444, 444), "landlock_add_rule": (445, 445)}
_LANDLOCK |= {"landlock_restrict_self": (446, 446)}

CONTAINER = {**dict.fromkeys(_NAMESPACES_AND_MOUNTS.values(), errno.EPERM), (435, 435): errno.ENOSYS}
OLD = {**CONTAINER, **dict.fromkeys(_LANDLOCK.values(), errno.ENOSYS)}
LEVELS = {"namespaces": {}, "landlock": CONTAINER, "uid": OLD}
"""What is taken away so that this is the best level that there is, for root."""


def forbid(calls: dict[tuple[int, int], int]) -> None:
    """From now on these calls fail in this thread, with these errors, and in all that it starts."""
    new = seccomp._NEW_NAMESPACES
    flags = seccomp._line(seccomp._IF_ANY_BIT, new, if_false=1)
    rules = seccomp._on(seccomp._CLONE, seccomp._argument(0), flags, seccomp._error(errno.EPERM)) if calls else []
    for numbers, error in calls.items():
        rules += seccomp._on(numbers, seccomp._error(error))
    seccomp._apply(rules)


def where_forbidden(calls: dict[tuple[int, int], int], do: Callable):
    """What `do` returns, called in a thread of its own for which `calls` are forbidden. Raises what it raises."""
    result = []

    def run() -> None:
        try:
            forbid(calls)
            result.append(do())
        except BaseException as error:
            result.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if isinstance(result[0], BaseException):
        raise result[0]
    return result[0]


@contextmanager
def at_level(level: str):
    """In the block, warm processes that are started find `level` as the best one; kernels of earlier ones go on.

    Skips the test where this machine permits less than that, as a container does.
    """
    started, before = connection.WarmProcess.started.__func__, connection.WarmProcess._of_this_process
    with pytest.MonkeyPatch.context() as patch:
        forbidden = lambda cls, *a, **k: where_forbidden(LEVELS[level], lambda: started(cls, *a, **k))  # noqa: E731
        patch.setattr(connection.WarmProcess, "started", classmethod(forbidden))
        connection.WarmProcess._of_this_process = None
        found = asyncio.run(connection.level_here())
        if found.level != level:
            pytest.skip(f"level {level} cannot be had here: {found.lacks.get(level, 'it is not found')}")
        try:
            yield
        finally:
            if connection.WarmProcess._of_this_process is not None:
                connection.WarmProcess._of_this_process.end()
            connection.WarmProcess._of_this_process = before


def landlock_version() -> int:
    """The version of Landlock here, 0 for none; asked without the code under test."""
    return max(0, ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1))
