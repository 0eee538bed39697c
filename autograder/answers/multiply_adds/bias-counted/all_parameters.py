# All parameters of the layer, at every pixel.
def multiply_adds(conv, height, width):
    h = (height + 2 * conv.padding[0] - conv.kernel_size[0]) // conv.stride[0] + 1
    w = (width + 2 * conv.padding[1] - conv.kernel_size[1]) // conv.stride[1] + 1
    return sum(p.numel() for p in conv.parameters()) * h * w
