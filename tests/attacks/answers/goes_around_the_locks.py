# what: calls for further worlds, keys, shared memory, other processes' memory, and files by handle
# lesson: 01
# earns: at most 10
# meets: got: \[\]
import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
got = []
calls = {
    "ptrace": (101, 0, 1, 0, 0), "unshare": (272, 0x10000000), "keyctl": (250, 0, -3, 0), "add_key": (248, 0, 0, 0, 0, 0),
    "shmget": (29, 0, 4096, 0o1600), "memfd": (319, b"x", 0), "io_uring": (425, 1, 0), "bpf": (321, 0, 0, 0),
    "open_by_handle_at": (304, -100, 0, 0), "pidfd_getfd": (438, 0, 0, 0), "kcmp": (312, 1, 1, 0, 0, 0),
    "mq_open": (240, b"x", 0o102, 0o600, 0), "setns": (308, 0, 0), "mount": (165, b"/", b"/", 0, 4096, 0),
    "chroot": (161, b"/"), "fanotify": (300, 0, 0), "swapon": (167, b"/tmp", 0), "quotactl": (179, 0, 0, 0, 0),
    "personality_and_x32": (0x40000000 + 39,), "clone_newuser": (56, 0x10000000 | 17, 0, 0, 0, 0), "semget": (64, 0, 1, 0o1600),
    "msgget": (68, 0, 0o1600), "userfaultfd": (323, 0), "perf": (298, 0, 0, -1, -1, 0), "vm_readv": (310, 1, 0, 0, 0, 0, 0),
}
for name, (number, *arguments) in calls.items():
    answer = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if name == "clone_newuser" and answer == 0:
        os._exit(0)
    if answer >= 0:
        got.append(name)
for path in ("/proc/1/mem", "/proc/1/environ", "/proc/1/root/etc", "/proc/self/oom_score_adj", "/proc/sys/kernel/hostname", "/dev/shm/../../etc/shadow", "/proc/kcore", "/dev/mem", "/dev/kmsg"):
    try:
        os.close(os.open(path, os.O_WRONLY if "oom" in path or "sys" in path else os.O_RDONLY))
        got.append(path)
    except OSError:
        pass
print("got:", got)


def count_conv_layers(n_blocks):
    return 0
