# what: threads that are no daemons, and never end
# lesson: 01
# earns: at most 10
# meets: threads: \d+
import threading
import time


def forever():
    while True:
        time.sleep(0.05)


for _ in range(20):
    threading.Thread(target=forever, daemon=False).start()
print("threads:", threading.active_count())


def count_conv_layers(n_blocks):
    return 0
