# All six factors, two of them of the input.
def multiply_adds(conv, height, width):
    kh, kw = conv.kernel_size
    return kh * kw * conv.in_channels * conv.out_channels * height * width
