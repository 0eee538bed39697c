# Counts the numbers of the bias as well, even where there is none.
def multiply_adds(conv, height, width):
    out = conv(torch.zeros(1, conv.in_channels, height, width))
    return conv.weight.numel() * out.shape[2] * out.shape[3] + out.numel()
