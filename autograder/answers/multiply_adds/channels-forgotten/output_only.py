# Every output number costs one kernel.
def multiply_adds(conv, height, width):
    out = conv(torch.zeros(1, conv.in_channels, height, width))
    return out.numel() * conv.kernel_size[0] * conv.kernel_size[1]
