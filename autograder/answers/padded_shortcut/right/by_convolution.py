# A fixed 1x1 convolution with ones and zeros.
def padded_shortcut(x, out_channels, stride):
    c = x.shape[1]
    weight = torch.zeros(out_channels, c, 1, 1)
    start = (out_channels - c) // 2
    for k in range(c):
        weight[start + k, k] = 1
    return F.conv2d(x, weight, stride=stride)
