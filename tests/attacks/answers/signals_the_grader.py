# what: sends every process that it can name a signal (one that does nothing, should it arrive)
# lesson: 01
# earns: at most 10
# meets: signalled: \[\]
import os
import signal

signalled, threads = [], os.listdir("/proc/self/task")
for pid in [-1, *range(1, 70_000)]:
    if pid != os.getpid() and str(pid) not in threads:
        try:
            os.kill(pid, signal.SIGWINCH)
            signalled.append(pid)
        except OSError:
            pass
print("signalled:", [pid for pid in signalled if pid != -1])


def count_conv_layers(n_blocks):
    return 0
