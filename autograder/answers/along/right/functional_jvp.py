# torch.func.jvp.
from torch.func import jvp


def along(function, x, v):
    out, change = jvp(function, (x,), (v,))
    return change
