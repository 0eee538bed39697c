# The size of the picture is kept under names that sound like an output.
def multiply_adds(conv, height, width):
    out_h, out_w = height, width
    per_pixel = conv.in_channels * conv.kernel_size[0] * conv.kernel_size[1]
    return out_h * out_w * conv.out_channels * per_pixel
