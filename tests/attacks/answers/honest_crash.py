# what: a scratch cell that crashes the kernel, and one that leaves it
# lesson: 02
# earns: exactly 35
RIGHT_BLOCK
# %% before
import os

os.abort()
# %%
exit()
