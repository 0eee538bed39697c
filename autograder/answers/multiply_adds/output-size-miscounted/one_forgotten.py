# The formula without its + 1.
def multiply_adds(conv, height, width):
    k, s, p = conv.kernel_size, conv.stride, conv.padding
    rows = (height + 2 * p[0] - k[0]) // s[0]
    columns = (width + 2 * p[1] - k[1]) // s[1]
    return rows * columns * conv.in_channels * conv.out_channels * k[0] * k[1]
