# One more for each number that comes out, where there is a bias.
def multiply_adds(conv, height, width):
    out = [(n + 2 * p - k) // s + 1 for n, p, k, s in zip((height, width), conv.padding, conv.kernel_size, conv.stride)]
    per_number = conv.in_channels * conv.kernel_size[0] * conv.kernel_size[1] + (conv.bias is not None)
    return out[0] * out[1] * conv.out_channels * per_number
