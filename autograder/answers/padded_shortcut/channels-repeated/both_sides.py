# Copies of the first and last channels on both sides.
def padded_shortcut(x, out_channels, stride):
    y = x[..., ::stride, ::stride]
    half = (out_channels - y.shape[1]) // 2
    if half == 0:
        return y
    return torch.cat((y[:, :half], y, y[:, -half:]), dim=1)
