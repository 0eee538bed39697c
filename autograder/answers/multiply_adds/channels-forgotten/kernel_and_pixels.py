# Neither channels.
def multiply_adds(conv, height, width):
    y = conv(torch.zeros(1, conv.in_channels, height, width))
    return y.shape[2] * y.shape[3] * conv.kernel_size[0] * conv.kernel_size[1]
