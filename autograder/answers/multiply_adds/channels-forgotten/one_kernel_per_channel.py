# As if every output channel looked at one input channel.
def multiply_adds(conv, height, width):
    (ph, pw), (kh, kw), (sh, sw) = conv.padding, conv.kernel_size, conv.stride
    rows = (height + 2 * ph - kh) // sh + 1
    columns = (width + 2 * pw - kw) // sw + 1
    total = 0
    for channel in range(conv.out_channels):
        total += rows * columns * kh * kw
    return total
