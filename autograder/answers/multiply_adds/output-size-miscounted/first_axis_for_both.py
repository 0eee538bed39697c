# uses the vertical kernel, stride and padding for both directions
def multiply_adds(conv, height, width):
    k, s, p = conv.kernel_size[0], conv.stride[0], conv.padding[0]
    h, w = ((n + 2 * p - k) // s + 1 for n in (height, width))
    return h * w * conv.weight.numel()
