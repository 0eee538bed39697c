# Kernel times channels.
def multiply_adds(conv, height, width):
    k = conv.kernel_size[0]
    return k**2 * conv.in_channels * conv.out_channels
