# Counts the numbers that come out.
def multiply_adds(conv, height, width):
    return conv(torch.zeros(1, conv.in_channels, height, width)).numel()
