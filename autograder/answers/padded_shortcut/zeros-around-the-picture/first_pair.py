# Two numbers for F.pad: they belong to the width.
def padded_shortcut(x, out_channels, stride):
    x = x[:, :, ::stride, ::stride]
    more = (out_channels - x.shape[1]) // 2
    return F.pad(x, (more, more))
