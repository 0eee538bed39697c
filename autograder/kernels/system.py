"""The system calls of Linux that Python does not offer, as functions that raise OSError with the call's name."""

import ctypes
import os
import platform
from contextlib import suppress
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long

MACHINE = platform.machine()

# From the kernel's headers: linux/prctl.h, sched.h, sys/mount.h, linux/mount.h
PR_SET_DUMPABLE, PR_SET_NAME, PR_SET_SECCOMP, PR_CAPBSET_DROP = 4, 15, 22, 24
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 36, 38
PR_SET_KEEPCAPS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 8, 47, 2
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2  # linux/capability.h
CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
MNT_DETACH = 2
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV = 1, 2, 4

_CAPABILITIES_VERSION = 0x20080522
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_MADV_COLLAPSE, _HUGE = 25, 2**21  # linux/mman.h; a huge page's bytes
_MOUNT_SETATTR = 442  # from here on, numbers are the same on every machine


def call(name: str, *arguments) -> int:
    """Call the C library's function `name`. Text becomes bytes. Raises OSError where it answers -1."""
    encoded = [os.fsencode(value) if isinstance(value, str) else value for value in arguments]
    ctypes.set_errno(0)
    result = _libc[name](*encoded)
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def system_call(number: int, name: str, *arguments) -> int:
    """Make the system call `number`; `name` is for the error message. Raises OSError."""
    ctypes.set_errno(0)
    result = _libc.syscall(ctypes.c_long(number), *arguments)
    if result == -1:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
    return result


def prctl(option: int, value: int | ctypes.Array = 0, second: object = 0) -> None:
    """Change something about the calling thread. Raises OSError."""
    as_long = [ctypes.c_ulong(item) if isinstance(item, int) else item for item in (value, second)]
    call("prctl", option, *as_long, ctypes.c_ulong(0), ctypes.c_ulong(0))


def may_change_user() -> bool:
    """Whether this process is root with the rights over users that containers usually leave to it.

    They are CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_KILL, CAP_SETGID and CAP_SETUID.
    """
    return os.geteuid() == 0 and {0, CAP_DAC_OVERRIDE, 3, 5, 6, 7} <= permitted_capabilities()


def permitted_capabilities() -> set[int]:
    """The capabilities that this process has or may take."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("CapPrm"))
    rights = int(line.split()[1], 16)
    return {number for number in range(64) if rights >> number & 1}


def take_permitted_capabilities() -> None:
    """Have all capabilities that this process may take, as after it has changed its user. Raises OSError."""
    rights = sum(1 << number for number in permitted_capabilities())
    low, high = rights & 0xFFFFFFFF, rights >> 32
    header = _CapabilityHeader(_CAPABILITIES_VERSION, 0)
    call("capset", ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)(low, low, 0, high, high, 0)))


def mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    """Mount. Raises OSError with the target."""
    try:
        call("mount", source, target, kind, ctypes.c_ulong(flags), options)
    except OSError as error:
        raise OSError(error.errno, f"mount {target}: {os.strerror(error.errno)}") from None


def restrict_mount(target: str, attributes: int, below: bool = True) -> None:
    """Add attributes (MOUNT_ATTR_…) to the mount at `target` and to all `below` it. Raises OSError."""
    packed = (ctypes.c_uint64 * 4)(attributes, 0, 0, 0)  # set, clear, propagation, user namespace
    how = _AT_RECURSIVE if below else 0
    arguments = (_AT_FDCWD, os.fsencode(target), how, ctypes.byref(packed), ctypes.c_size_t(ctypes.sizeof(packed)))
    system_call(_MOUNT_SETATTR, f"mount_setattr {target}", *arguments)


def gather_memory() -> None:
    """Have the memory that this process has written to lie in huge pages, as far as the system can (from Linux 6.1 on).

    A fork copies, and at its end throws away, a table of all pages: half a gigabyte in small ones takes longer than
    starting IPython. What cannot be gathered stays as it is.
    """
    for line in Path("/proc/self/maps").read_text().splitlines():
        span, access, _, _, _, *name = line.split(maxsplit=5)
        if access != "rw-p" or name not in ([], ["[heap]"]):
            continue
        first, end = (int(address, 16) for address in span.split("-"))
        first, end = -(-first // _HUGE) * _HUGE, end // _HUGE * _HUGE
        if first < end:
            with suppress(OSError):
                call("madvise", ctypes.c_void_p(first), ctypes.c_size_t(end - first), _MADV_COLLAPSE)


class _CapabilityHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


def drop_capabilities(but: int | None = None) -> None:
    """Give up every capability, for good, for this process and all that it starts; `but` one. Raises OSError."""
    for capability in range(64):
        if capability != but:
            try:
                prctl(PR_CAPBSET_DROP, capability)
            except OSError:
                break  # the last one that this system knows has been dropped
    kept = 0 if but is None else 1 << but
    header = _CapabilityHeader(_CAPABILITIES_VERSION, 0)
    call("capset", ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)(kept, kept, kept)))
    if but is not None:
        prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, but)
