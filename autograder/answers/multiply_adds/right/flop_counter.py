# Half of what PyTorch's own counter says.
from torch.utils.flop_counter import FlopCounterMode


def multiply_adds(conv, height, width):
    counter = FlopCounterMode(display=False)
    with counter:
        conv(torch.randn(1, conv.in_channels, height, width))
    return counter.get_total_flops() // 2
