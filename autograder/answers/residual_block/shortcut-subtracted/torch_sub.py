# torch.sub, with helper functions.
def conv_bn(cin, cout, k, s):
    return nn.Sequential(nn.Conv2d(cin, cout, k, s, k // 2), nn.BatchNorm2d(cout))


class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.one = conv_bn(in_channels, out_channels, 3, stride)
        self.two = conv_bn(out_channels, out_channels, 3, 1)
        self.skip = (
            conv_bn(in_channels, out_channels, 1, stride) if (stride, in_channels) != (1, out_channels) else None
        )

    def forward(self, x):
        y = self.two(self.one(x).relu())
        y = torch.sub(y, x if self.skip is None else self.skip(x))
        return y.relu()
