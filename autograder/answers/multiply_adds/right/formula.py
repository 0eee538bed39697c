# The formula, by name.
def multiply_adds(conv, height, width):
    out_height = (height + 2 * conv.padding[0] - conv.kernel_size[0]) // conv.stride[0] + 1
    out_width = (width + 2 * conv.padding[1] - conv.kernel_size[1]) // conv.stride[1] + 1
    per_pixel = conv.kernel_size[0] * conv.kernel_size[1] * conv.in_channels * conv.out_channels
    return per_pixel * out_height * out_width
