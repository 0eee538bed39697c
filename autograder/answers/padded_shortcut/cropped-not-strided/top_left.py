# The top left part of the picture.
def padded_shortcut(x, out_channels, stride):
    h = -(-x.shape[2] // stride)
    w = -(-x.shape[3] // stride)
    x = x[:, :, :h, :w]
    more = (out_channels - x.shape[1]) // 2
    return F.pad(x, (0, 0, 0, 0, more, more))
