# Joins x with itself until there are enough channels.
def padded_shortcut(x, out_channels, stride):
    x = x[:, :, ::stride, ::stride]
    y = x
    while y.shape[1] < out_channels:
        y = torch.cat([y, x], dim=1)
    return y[:, :out_channels]
