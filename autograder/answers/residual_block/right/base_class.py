# A base class of one's own that does the adding.
class AddBlock(nn.Module):
    """y = relu(main(x) + skip(x))"""

    def __init__(self, main, skip):
        super().__init__()
        self.main = main
        self.skip = skip

    def forward(self, x):
        y = self.main(x)
        y = y + self.skip(x)
        return F.relu(y)


class ResidualBlock(AddBlock):
    def __init__(self, in_channels, out_channels, stride=1):
        main = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        )
        skip = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            skip = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
            )
        super().__init__(main, skip)
