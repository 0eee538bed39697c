# All zeros in front.
def padded_shortcut(x, out_channels, stride):
    small = x[..., ::stride, ::stride]
    n, c, h, w = small.shape
    return torch.cat([torch.zeros(n, out_channels - c, h, w), small], dim=1)
