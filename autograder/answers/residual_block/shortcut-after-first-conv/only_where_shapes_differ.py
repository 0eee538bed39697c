# Where the shapes differ, the output of conv1+bn1 serves as the shortcut, since it has the shape already; else x.
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.same = stride == 1 and in_channels == out_channels

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        skip = x if self.same else out
        out = self.bn2(self.conv2(out))
        return F.relu(out + skip)
