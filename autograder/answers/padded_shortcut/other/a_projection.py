# A fresh 1x1 convolution: option B, not A.
def padded_shortcut(x, out_channels, stride):
    return nn.Conv2d(x.shape[1], out_channels, 1, stride=stride, bias=False)(x)
