# The conv with a bias comes first in forward and last in __init__, and both have the same shape.
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.second = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.first = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1)
        self.norm_of_second = nn.BatchNorm2d(out_channels)
        self.norm_of_first = nn.BatchNorm2d(out_channels)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False), nn.BatchNorm2d(out_channels)
            )

    def forward(self, x):
        out = F.relu(self.norm_of_first(self.first(x)))
        out = self.norm_of_second(self.second(out))
        return F.relu(out + self.shortcut(x))
