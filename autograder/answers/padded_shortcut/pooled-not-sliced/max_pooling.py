# Max pooling, which drops the last row of odd sizes.
def padded_shortcut(x, out_channels, stride):
    y = nn.MaxPool2d(stride)(x) if stride > 1 else x
    n, c, h, w = y.shape
    z = y.new_zeros(n, (out_channels - c) // 2, h, w)
    return torch.cat([z, y, z], 1)
