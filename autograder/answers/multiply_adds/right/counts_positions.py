# Counts where the kernel is laid down.
def positions(size, kernel, stride, padding):
    return len(range(-padding, size + padding - kernel + 1, stride))


def multiply_adds(conv, height, width):
    rows = positions(height, conv.kernel_size[0], conv.stride[0], conv.padding[0])
    columns = positions(width, conv.kernel_size[1], conv.stride[1], conv.padding[1])
    out, inp, kh, kw = conv.weight.shape
    return torch.tensor(rows * columns * out * inp * kh * kw)
