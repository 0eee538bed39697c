"""Seccomp: system calls that no lesson needs are not there for a kernel.

What namespaces and Landlock leave open: sockets of families that network namespaces do not cover (such as AF_VSOCK, the
line from a virtual machine to its host), memory that belongs to no process and so escapes every limit (memfd, System V
shared memory, shared mappings of no file), io_uring, which reaches many calls without making them, and calls that are
known for holes.
"""

import ctypes
import errno
import socket
import struct

from . import system

# name: number on x86_64, on aarch64 (asm/unistd_64.h, asm-generic/unistd.h)
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
_MMAP = (9, 222)
_SHARED_OF_NO_FILE = 0x21  # MAP_SHARED | MAP_ANONYMOUS: once unmapped but for one page, the rest is seen nowhere
_PRCTL = (157, 167)
_SOCKET = (41, 198)
_FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, 16)  # 16: netlink, with which libraries list interfaces
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

# linux/filter.h, linux/seccomp.h
_LOAD, _AND, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _FOURTH_ARGUMENT = 0, 4, 16, 40
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000


def known() -> bool:
    """Whether this kind of machine is one whose system calls are listed here."""
    return system.MACHINE in _ARCHITECTURES


def restrict(gpu: bool = False) -> None:
    """From now on, these system calls fail in this thread and all it starts. Raises OSError.

    gpu: spare those for memory that no process owns, because drivers of GPUs may use them; what of /proc belongs to root
    (see limits.become_nobody) stays root's.
    """
    column, architecture = _ARCHITECTURES[system.MACHINE]

    def line(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
        return struct.pack("=HBBI", code, if_true, if_false, value)

    def refuse(number: int) -> bytes:
        return line(_RETURN, _ERROR | number)

    program = [
        line(_LOAD, _ARCHITECTURE),
        line(_IF_EQUAL, architecture, if_true=1),
        refuse(errno.ENOSYS),  # a call as another machine makes it, with other numbers
        line(_LOAD, _NUMBER),
    ]
    if system.MACHINE == "x86_64":
        program += [line(_IF_AT_LEAST, 0x40000000, if_false=1), refuse(errno.ENOSYS)]  # likewise (x32)
    if not gpu:
        program += [
            line(_IF_EQUAL, _MMAP[column], if_false=5),
            line(_LOAD, _FOURTH_ARGUMENT),
            line(_AND, _SHARED_OF_NO_FILE),
            line(_IF_EQUAL, _SHARED_OF_NO_FILE, if_false=1),
            refuse(errno.EPERM),
            line(_RETURN, _ALLOW),
        ]
    else:
        program += [
            line(_IF_EQUAL, _PRCTL[column], if_false=4),
            line(_LOAD, _FIRST_ARGUMENT),
            line(_IF_EQUAL, system.PR_SET_DUMPABLE, if_false=1),
            refuse(errno.EPERM),
            line(_RETURN, _ALLOW),
        ]
    for numbers in (numbers for name, numbers in _ABSENT.items() if not (gpu and name == "memfd_create")):
        program += [line(_IF_EQUAL, numbers[column], if_false=1), refuse(errno.ENOSYS)]
    program += [
        line(_IF_EQUAL, _SOCKET[column], if_true=1),
        line(_RETURN, _ALLOW),
        line(_LOAD, _FIRST_ARGUMENT),
        *(line(_IF_EQUAL, family, if_true=len(_FAMILIES) - index) for index, family in enumerate(_FAMILIES)),
        refuse(errno.EAFNOSUPPORT),
        line(_RETURN, _ALLOW),
    ]
    code = ctypes.create_string_buffer(b"".join(program))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]

    packed = Program(len(program), ctypes.addressof(code))
    system.prctl(system.PR_SET_NO_NEW_PRIVS, 1)
    system.prctl(system.PR_SET_SECCOMP, 2, ctypes.byref(packed))
