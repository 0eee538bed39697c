# Padding is left out.
def multiply_adds(conv, height, width):
    kernel, stride = conv.kernel_size[0], conv.stride[0]
    h = (height - kernel) // stride + 1
    w = (width - kernel) // stride + 1
    return conv.out_channels * h * w * conv.in_channels * kernel**2
