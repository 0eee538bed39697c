# what: a fork bomb of at most 600 processes that end after a minute
# lesson: 01
# earns: at most 10
# meets: ended its kernel|could not be interrupted|no more than \d\d?\d? children: BlockingIOError
import os
import time

started = 0
try:
    while started < 600:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        started += 1
except OSError as error:
    print("no more than", started, "children:", type(error).__name__)


def count_conv_layers(n_blocks):
    return 0
