"""Landlock: the process says once which files it will ever touch, and the system holds it and its children to that.

A few lines of ctypes instead of the package `landlock`, which is good but a development release (1.0.0.dev5, 2025), and
knows nothing of what newer systems can do besides files: TCP, signals, and sockets with abstract names.
"""

import ctypes
import os
import stat

from . import system

# linux/landlock.h
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << bit for bit in range(6))
MAKE_CHAR, MAKE_DIR, MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK, MAKE_SYM = (1 << bit for bit in range(6, 13))
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15  # since version 2, 3 and 5

READ = READ_FILE | READ_DIR | EXECUTE
WRITE = (
    READ
    | WRITE_FILE
    | TRUNCATE
    | REMOVE_DIR
    | REMOVE_FILE
    | MAKE_DIR
    | MAKE_REG
    | MAKE_SOCK
    | MAKE_FIFO
    | MAKE_SYM
    | REFER
)
DEVICE = READ_FILE | WRITE_FILE | READ_DIR | IOCTL_DEV

_OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH, _ASK_VERSION = 1, 1


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [("access", ctypes.c_uint64), ("fd", ctypes.c_int32)]


def version() -> int:
    """Which version of Landlock this system has (1 and up). Raises OSError where it has none."""
    return system.system_call(_CREATE_RULESET, "landlock_create_ruleset", None, ctypes.c_size_t(0), _ASK_VERSION)


def version_or_none() -> int:
    """As `version`, and 0 where this system has none."""
    try:
        return version()
    except OSError:
        return 0


def restrict(rules: dict[str, int]) -> None:
    """From now on, allow this thread only `rules`: path -> what is allowed there and below. Raises OSError.

    Nothing else in the file system can be opened, made or removed. Where the system knows how: no TCP, no signals to
    and no abstract sockets of processes outside. Holds for all processes that are started from here; call it while
    there is one thread only.
    """
    known = version()
    files = (1 << 13) - 1
    files |= REFER if known >= 2 else 0
    files |= TRUNCATE if known >= 3 else 0
    files |= IOCTL_DEV if known >= 5 else 0
    tcp = 0b11 if known >= 4 else 0  # bind and connect
    outside = 0b11 if known >= 6 else 0  # abstract sockets and signals
    handled = (ctypes.c_uint64 * 3)(files, tcp, outside)
    arguments = (ctypes.byref(handled), ctypes.c_size_t(ctypes.sizeof(handled)), 0)
    ruleset = system.system_call(_CREATE_RULESET, "landlock_create_ruleset", *arguments)
    for path, allowed in rules.items():
        fd = os.open(path, os.O_PATH)
        allowed &= files if stat.S_ISDIR(os.fstat(fd).st_mode) else files & _OF_FILES
        rule = _Beneath(allowed, fd)
        system.system_call(_ADD_RULE, f"landlock_add_rule {path}", ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
        os.close(fd)
    system.prctl(system.PR_SET_NO_NEW_PRIVS, 1)
    system.system_call(_RESTRICT_SELF, "landlock_restrict_self", ruleset, 0)
    os.close(ruleset)
