# One for the multiplication, one for the addition.
def multiply_adds(conv, height, width):
    h = (height + 2 * conv.padding[0] - conv.kernel_size[0]) // conv.stride[0] + 1
    w = (width + 2 * conv.padding[1] - conv.kernel_size[1]) // conv.stride[1] + 1
    return 2 * h * w * conv.weight.numel()
