# what: a process that outlives the kernel, in a session of its own (two minutes, should it get out)
# lesson: 01
# earns: at most 10
# meets: left behind: \d+
import subprocess
import sys

code = "import signal, time; [signal.signal(s, signal.SIG_IGN) for s in (1, 2, 15)]; time.sleep(120)  # PROCESS_MARK"
child = subprocess.Popen([sys.executable, "-S", "-c", code], start_new_session=True)
print("left behind:", child.pid)


def count_conv_layers(n_blocks):
    return 0
