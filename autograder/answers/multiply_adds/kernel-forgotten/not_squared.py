# The kernel in one direction.
def multiply_adds(conv, height, width):
    k, s, p = conv.kernel_size[0], conv.stride[0], conv.padding[0]
    h = (height + 2 * p - k) // s + 1
    w = (width + 2 * p - k) // s + 1
    return h * w * conv.in_channels * conv.out_channels * k
