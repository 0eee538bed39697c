# What PyTorch's counter says.
from torch.utils.flop_counter import FlopCounterMode


def multiply_adds(conv, height, width):
    with FlopCounterMode(display=False) as counter:
        conv(torch.zeros(1, conv.in_channels, height, width))
    return counter.get_total_flops()
