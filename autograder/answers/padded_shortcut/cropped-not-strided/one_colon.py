# x[:h//stride] instead of x[::stride].
def padded_shortcut(x, out_channels, stride):
    n, c, h, w = x.shape
    y = x[:, :, : h // stride, : w // stride]
    z = torch.zeros(n, (out_channels - c) // 2, h // stride, w // stride)
    return torch.cat((z, y, z), 1)
