# n products have n - 1 additions between them.
def multiply_adds(conv, height, width):
    out = conv(torch.zeros(1, conv.in_channels, height, width))
    n = conv.weight[0].numel()
    return out.numel() * (n + n - 1)
