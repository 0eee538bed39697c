# The stride in the last dimension only.
def padded_shortcut(x, out_channels, stride):
    y = x[..., ::stride]
    n, c, h, w = y.shape
    z = torch.zeros(n, (out_channels - c) // 2, h, w)
    return torch.cat([z, y, z], dim=1)
