# The last pixel of each window.
def padded_shortcut(x, out_channels, stride):
    y = x[..., stride - 1 :: stride, stride - 1 :: stride]
    n, c, h, w = y.shape
    pad = torch.zeros(n, (out_channels - c) // 2, h, w)
    return torch.cat([pad, y, pad], dim=1)
