# Every layer has a name of its own, and the Sequentials hold the same objects.
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.main_path = nn.Sequential(self.conv1, self.bn1, nn.ReLU(), self.conv2, self.bn2)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels:
            self.conv_skip = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)
            self.bn_skip = nn.BatchNorm2d(out_channels)
            self.shortcut = nn.Sequential(self.conv_skip, self.bn_skip)

    def forward(self, x):
        return F.relu(self.main_path(x) + self.shortcut(x))
