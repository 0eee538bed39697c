# Divides with a rest, so that a fraction of a pixel comes out.
def multiply_adds(conv, height, width):
    k, s, p = conv.kernel_size[0], conv.stride[0], conv.padding[0]
    return conv.weight.numel() * ((height - k + 2 * p) / s + 1) * ((width - k + 2 * p) / s + 1)
