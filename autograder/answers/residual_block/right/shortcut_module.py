# The shortcut as a module of its own, which decides by itself.
class Shortcut(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.change = stride != 1 or in_channels != out_channels
        if self.change:
            self.conv = nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False)
            self.norm = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        if not self.change:
            return x
        return self.norm(self.conv(x))


class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.shortcut = Shortcut(in_channels, out_channels, stride)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        skip = self.shortcut(x)
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.bn2(self.conv2(x))
        return F.relu(x + skip)
