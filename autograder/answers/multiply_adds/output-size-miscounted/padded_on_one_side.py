# The padding is added once instead of on both sides.
def multiply_adds(conv, height, width):
    def size(n, i):
        return (n + conv.padding[i] - conv.kernel_size[i]) // conv.stride[i] + 1

    return conv.weight.numel() * size(height, 0) * size(width, 1)
