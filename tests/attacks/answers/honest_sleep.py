# what: five seconds of sleep
# lesson: 01
# earns: exactly 15
import time

time.sleep(5)


def count_conv_layers(n_blocks):
    return 1 + 6 * n_blocks
