# what: the answer is written into a module by a magic, and imported from it
# lesson: 02
# earns: exactly 35
%%writefile my_block.py
import torch
import torch.nn as nn
import torch.nn.functional as F


RIGHT_BLOCK
# %%
from my_block import ResidualBlock
