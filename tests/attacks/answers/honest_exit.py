# what: ends its kernel in the cell of a right block, below it and in a cell of its own
# lesson: 02
# earns: exactly 35
# meets: ends the kernel
RIGHT_BLOCK
print(ResidualBlock(3, 4)(torch.zeros(1, 3, 8, 8)).shape)
exit()


# %%
import os

os._exit(0)
