# what: numbers of all kinds
# lesson: 01
# earns: exactly 15
from decimal import Decimal, getcontext
from fractions import Fraction
from functools import lru_cache, partial

import numpy as np
import torch

getcontext().prec = 4
kinds = [Decimal, Fraction, np.int64, np.float32, torch.tensor, lambda n: np.array([n]), lambda n: torch.tensor([[n]])]


@lru_cache
def count(n_blocks, more):
    kinds.append(kinds.pop(0))
    return kinds[0](1 + more * n_blocks)


count_conv_layers = partial(count, more=6)
