# One multiplication for each pair of channels at each pixel.
def multiply_adds(conv, height, width):
    out = conv(torch.zeros(1, conv.in_channels, height, width))
    return out.numel() * conv.in_channels
