# what: processes that take little memory each and much together (at most 4 GiB, for 20 seconds)
# lesson: 01
# earns: at most 10
# meets: ended its kernel|more than 8 seconds
import os
import time

for _ in range(16):
    if os.fork() == 0:
        mine = b"\1" * 2**28
        time.sleep(20)
        os._exit(0)
time.sleep(6)


def count_conv_layers(n_blocks):
    return 0
