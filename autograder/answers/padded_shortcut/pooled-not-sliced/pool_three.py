# MaxPool 3 with padding 1, as in ResNet's stem.
def padded_shortcut(x, out_channels, stride):
    y = F.max_pool2d(x, 3, stride, 1) if stride > 1 else x
    m = (out_channels - y.shape[1]) // 2
    return F.pad(y, (0, 0, 0, 0, m, m))
