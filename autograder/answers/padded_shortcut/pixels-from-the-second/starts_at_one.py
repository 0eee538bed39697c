# Starts with the second pixel where there is a stride.
def padded_shortcut(x, out_channels, stride):
    if stride > 1:
        x = x[:, :, 1::stride, 1::stride]
    k = (out_channels - x.shape[1]) // 2
    return F.pad(x, (0, 0, 0, 0, k, k))
