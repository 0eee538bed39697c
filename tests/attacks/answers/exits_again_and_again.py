# what: loses a kernel by every line of a cell, and by those of the next, so that nobody comes to the end
# lesson: 01
# earns: exactly 15
# meets: ends the kernel
import os
def count_conv_layers(n_blocks):
    return 1 + 6 * n_blocks
os.kill(os.getpid(), 9)
(lambda: os._exit(1))()


# %%
x = 1
[os._exit(code) for code in (1, 2)]


# %% behind
import os
os.kill(os.getpid(), 9)
