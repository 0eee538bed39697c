# Reads one number of each pair, so it is right for square convolutions alone.
import math


def multiply_adds(conv, height, width):
    k, s, p = conv.kernel_size[0], conv.stride[0], conv.padding[0]
    h = math.floor((height + 2 * p - k) / s + 1)
    w = math.floor((width + 2 * p - k) / s + 1)
    return float(h * w * k * k * conv.in_channels * conv.out_channels)
