# Average pooling, then zeros.
def padded_shortcut(x, out_channels, stride):
    if stride != 1:
        x = F.avg_pool2d(x, stride, ceil_mode=True)
    p = (out_channels - x.shape[1]) // 2
    return F.pad(x, (0, 0, 0, 0, p, p))
