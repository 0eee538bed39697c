# A ConvBN module whose kernel size is 3 by default, also for the shortcut.
class ConvBN(nn.Sequential):
    def __init__(self, i, o, stride=1, k=3):
        super().__init__(nn.Conv2d(i, o, k, stride, k // 2, bias=False), nn.BatchNorm2d(o))


class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.first = ConvBN(in_channels, out_channels, stride)
        self.second = ConvBN(out_channels, out_channels)
        same = in_channels == out_channels and stride == 1
        self.shortcut = nn.Identity() if same else ConvBN(in_channels, out_channels, stride)

    def forward(self, x):
        return F.relu(self.second(F.relu(self.first(x))) + self.shortcut(x))
