# the horizontal padding for both directions
def multiply_adds(conv, height, width):
    p = conv.padding[1]
    h = (height + 2 * p - conv.kernel_size[0]) // conv.stride[0] + 1
    w = (width + 2 * p - conv.kernel_size[1]) // conv.stride[1] + 1
    return h * w * conv.weight.numel()
