# As if every stride were 1.
def multiply_adds(conv, height, width):
    (kh, kw), (ph, pw) = conv.kernel_size, conv.padding
    positions = (height + 2 * ph - kh + 1) * (width + 2 * pw - kw + 1)
    return positions * kh * kw * conv.in_channels * conv.out_channels
