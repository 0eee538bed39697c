# A small ConvBN module that is used three times.
class ConvBN(nn.Module):
    def __init__(self, cin, cout, k, s=1):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, k, stride=s, padding=k // 2, bias=False)
        self.bn = nn.BatchNorm2d(cout)

    def forward(self, x):
        return self.bn(self.conv(x))


class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.a = ConvBN(in_channels, out_channels, 3, stride)
        self.b = ConvBN(out_channels, out_channels, 3)
        self.c = ConvBN(in_channels, out_channels, 1, stride) if stride != 1 or in_channels != out_channels else None

    def forward(self, x):
        y = self.b(F.relu(self.a(x)))
        y = y + (self.c(x) if self.c else x)
        return F.relu(y)
