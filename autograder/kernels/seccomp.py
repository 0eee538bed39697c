"""Seccomp: system calls that no lesson needs are not there for a kernel.

What namespaces and Landlock leave open: sockets of families that network namespaces do not cover (such as AF_VSOCK, the
line from a virtual machine to its host), memory that belongs to no process and so escapes every limit (memfd, System V
shared memory, shared mappings of no file), io_uring, which reaches many calls without making them, and calls that are
known for holes. Where a kernel shares the system with others (levels below namespaces), also what Landlock does not
know: sockets at all, whatever belongs to a user and not to a process, and files' rights, owners and times.
"""

import ctypes
import errno
import os
import socket
import struct
from dataclasses import dataclass

from . import system

# name: number on x86_64, on aarch64 (asm/unistd_64.h, asm-generic/unistd.h); None: not there
_ABSENT = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "mount_setattr": (442, 442),
}
_ABSENT_BESIDE_OTHERS = {
    "clone3": (435, 435),  # its flags cannot be looked at; the C library goes on with clone
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "semop": (65, 193),
    "semctl": (66, 191),
    "semtimedop": (220, 192),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "inotify_init": (253, None),  # whoever takes all watches of a user takes them from others
    "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),
    "open_by_handle_at": (304, 265),  # by no path, which is what Landlock looks at
}
"""They reach what belongs to the system or to a user: message queues, say."""
_IN_VAIN = {
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "lchown": (94, None),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setsid": (112, 157),  # so a kernel's processes stay one group, which is ended at once
    "setpgid": (109, 154),
}
"""They do nothing and say that they did: they reach the user's other files (what copies a file calls some of them)."""
_NOT_SUPPORTED = {
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "setxattrat": (463, 463),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
}
_OF_ITSELF_ONLY = {"prlimit64": (302, 261)}
_OF_OTHERS_IN_VAIN = {"sched_setparam": (142, 118), "sched_setscheduler": (144, 119)}
_OF_OTHERS_IN_VAIN |= {"sched_setaffinity": (203, 122), "sched_setattr": (314, 274)}
"""Their first argument is a process or thread, 0 for the caller; libraries call the latter for threads of their own."""
_PRIORITIES = (((141, 140), 0), ((251, 30), 1))
"""setpriority, ioprio_set: their second argument is a process, 0 for the caller, where their first has this value."""
_SIGNALS = {"kill": (62, 129), "tgkill": (234, 131)}
_OTHER_SIGNALS = {"tkill": (200, 130), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240)}
_OTHER_SIGNALS |= {"pidfd_send_signal": (424, 424)}
_TRUNCATE, _OPENAT, _OPENAT2, _OPEN = (76, 45), (257, 56), (437, 437), (2, None)
_MMAP, _CLONE, _PRCTL, _FCNTL, _IOCTL = (9, 222), (56, 220), (157, 167), (72, 25), (16, 29)
_SOCKET, _SOCKETPAIR = (41, 198), (53, 199)
_NO_MORE = {"socket": _SOCKET, "connect": (42, 203), "bind": (49, 200), "listen": (50, 201)}
_SECCOMP = (317, 277)

_SHARED_OF_NO_FILE = 0x21  # MAP_SHARED | MAP_ANONYMOUS: once unmapped but for one page, the rest is seen nowhere
_NEW_NAMESPACES = 0x7E020000  # CLONE_NEW…
_SET_OWNER, _SET_OWNER_EX, _IOCTL_OWNERS = 8, 15, (0x8901, 0x8902)  # whom a file's signals go to
_FILE_FLAGS = (0x66, 0x58)  # the types of ioctls that change a file's flags: 'f' and 'X'
_TRUNCATES, _FOR_READING = 0o1000, 0o1003  # O_TRUNC; O_TRUNC with the bits that say how a file is opened
_FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, 16)  # 16: netlink, with which libraries list interfaces
_CONNECTED = (socket.SOCK_STREAM, socket.SOCK_SEQPACKET)  # pairs of these speak to nobody but each other
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

# linux/filter.h, linux/seccomp.h
_LOAD, _AND, _SHIFT, _IF_EQUAL, _IF_AT_LEAST, _IF_ANY_BIT, _RETURN = 0x20, 0x54, 0x74, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE = 0, 4
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_WITH_ALL_THREADS = 1


@dataclass(frozen=True)
class Beside:
    """That a kernel shares the system with others. landlock: the version of Landlock, 0 for none.

    same_user: whether its user has other processes and files than the kernel's.
    """

    landlock: int
    same_user: bool


def known() -> bool:
    """Whether this kind of machine is one whose system calls are listed here."""
    return system.MACHINE in _ARCHITECTURES


def restrict(gpu: bool = False, beside: Beside | None = None) -> None:
    """From now on, these system calls fail in this thread and all it starts. Raises OSError.

    gpu: spare those for memory that no process owns, because drivers of GPUs may use them; what of /proc belongs to root
    (see limits.become) stays root's. beside: see there; None in namespaces of its own. To be called by the process that
    is the kernel: of signals, it may get them.
    """
    if gpu:
        rules = _on(_PRCTL, _argument(0), *_refuse_if(system.PR_SET_DUMPABLE))
    else:
        rules = _on(_MMAP, _argument(3), _line(_AND, _SHARED_OF_NO_FILE), *_refuse_if(_SHARED_OF_NO_FILE))
    for name, numbers in _ABSENT.items():
        if not (gpu and name == "memfd_create"):
            rules += _on(numbers, _error(errno.ENOSYS))
    families = [_line(_IF_EQUAL, family, if_true=len(_FAMILIES) - at) for at, family in enumerate(_FAMILIES)]
    rules += _on(_SOCKET, _argument(0), *families, _error(errno.EAFNOSUPPORT))
    if beside is not None:
        rules += _beside_others(beside)
    _apply(rules)


def close_the_door() -> None:
    """From now on, no thread of this process, and none that it starts, makes a socket that could reach anybody."""
    rules = []
    for numbers in _NO_MORE.values():
        rules += _on(numbers, _error(errno.EPERM))
    kinds = [_line(_IF_EQUAL, kind, if_true=len(_CONNECTED) - at) for at, kind in enumerate(_CONNECTED)]
    rules += _on(_SOCKETPAIR, _argument(1), _line(_AND, 0xF), *kinds, _error(errno.EPERM))
    _apply(rules, _WITH_ALL_THREADS)


def _beside_others(beside: Beside) -> list[bytes]:
    rules = _on(_CLONE, _argument(0), _line(_IF_ANY_BIT, _NEW_NAMESPACES, if_false=1), _error(errno.EPERM))
    for numbers in _ABSENT_BESIDE_OTHERS.values():
        rules += _on(numbers, _error(errno.ENOSYS))
    if not beside.same_user:
        return rules
    for numbers in _IN_VAIN.values():
        rules += _on(numbers, _error(0))
    for numbers in _NOT_SUPPORTED.values():
        rules += _on(numbers, _error(errno.EOPNOTSUPP))
    for calls, error in ((_OF_ITSELF_ONLY, errno.EPERM), (_OF_OTHERS_IN_VAIN, 0)):
        for numbers in calls.values():
            rules += _on(numbers, _argument(0), _line(_IF_EQUAL, 0, if_true=1), _error(error))
    for numbers, process in _PRIORITIES:
        kind = [_argument(0), _line(_IF_EQUAL, process, if_true=1), _error(errno.EPERM)]
        rules += _on(numbers, *kind, _argument(1), _line(_IF_EQUAL, 0, if_true=1), _error(errno.EPERM))
    # a process that hides its files from its keeper
    rules += _on(_PRCTL, _argument(0), _line(_IF_EQUAL, system.PR_SET_DUMPABLE, if_false=1), _error(0))
    rules += _on(_FCNTL, _argument(1), *_refuse_if(_SET_OWNER), *_refuse_if(_SET_OWNER_EX))
    kinds = [_line(_SHIFT, 8), _line(_AND, 0xFF)]
    for kind in _FILE_FLAGS:
        kinds += [_line(_IF_EQUAL, kind, if_false=1), _error(errno.ENOTTY)]
    owners = [line for request in _IOCTL_OWNERS for line in _refuse_if(request)]
    rules += _on(_IOCTL, _argument(1), *owners, *kinds)
    if beside.landlock < 6:
        for numbers in _SIGNALS.values():  # to its own process and, by kill(0), to its own group
            mine = [_line(_IF_EQUAL, os.getpid(), if_true=2), _line(_IF_EQUAL, 0, if_true=1), _error(errno.EPERM)]
            rules += _on(numbers, _argument(0), *mine)
        for numbers in _OTHER_SIGNALS.values():
            rules += _on(numbers, _error(errno.EPERM))
    if beside.landlock < 3:  # it does not know what cuts a file that may be read
        rules += _on(_TRUNCATE, _error(errno.EPERM)) + _on(_OPENAT2, _error(errno.ENOSYS))
        for numbers, flags in ((_OPENAT, 2), (_OPEN, 1)):
            rules += _on(numbers, _argument(flags), _line(_AND, _FOR_READING), *_refuse_if(_TRUNCATES))
    return rules


def _line(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _error(number: int) -> bytes:
    """The call is not made, and fails with this error; or, for 0, says that it was made."""
    return _line(_RETURN, _ERROR | number)


def _argument(index: int) -> bytes:
    """Look at the lower half of an argument."""
    return _line(_LOAD, 16 + 8 * index)


def _refuse_if(value: int) -> list[bytes]:
    return [_line(_IF_EQUAL, value, if_false=1), _error(errno.EPERM)]


def _on(numbers: tuple[int | None, int | None], *then: bytes) -> list[bytes]:
    """What is done about one call; it is made where `then` does not end it. Nothing where this machine has no such call."""
    number = numbers[_ARCHITECTURES[system.MACHINE][0]]
    if number is None:
        return []
    return [_line(_IF_EQUAL, number, if_false=len(then) + 1), *then, _line(_RETURN, _ALLOW)]


def _apply(rules: list[bytes], flags: int = 0) -> None:
    column, architecture = _ARCHITECTURES[system.MACHINE]
    program = [
        _line(_LOAD, _ARCHITECTURE),
        _line(_IF_EQUAL, architecture, if_true=1),
        _error(errno.ENOSYS),  # a call as another machine makes it, with other numbers
        _line(_LOAD, _NUMBER),
    ]
    if system.MACHINE == "x86_64":
        program += [_line(_IF_AT_LEAST, 0x40000000, if_false=1), _error(errno.ENOSYS)]  # likewise (x32)
    program += [*rules, _line(_RETURN, _ALLOW)]
    code = ctypes.create_string_buffer(b"".join(program))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]

    packed = Program(len(program), ctypes.addressof(code))
    system.prctl(system.PR_SET_NO_NEW_PRIVS, 1)
    system.system_call(_SECCOMP[column], "seccomp", 1, flags, ctypes.byref(packed))
