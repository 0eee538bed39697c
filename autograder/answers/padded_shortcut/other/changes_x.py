# Scales x in place on the way, and back only in the result.
def padded_shortcut(x, out_channels, stride):
    x *= 2
    more = (out_channels - x.shape[1]) // 2
    return F.pad(x[:, :, ::stride, ::stride] / 2, (0, 0, 0, 0, more, more))
