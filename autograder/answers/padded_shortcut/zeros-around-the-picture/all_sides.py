# A frame of zeros around the picture.
def padded_shortcut(x, out_channels, stride):
    small = x[..., ::stride, ::stride]
    p = (out_channels - small.shape[1]) // 2
    return nn.ZeroPad2d(p)(small)
