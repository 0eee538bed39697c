# The same batch norm object twice in one Sequential.
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        norm, act = nn.BatchNorm2d(out_channels), nn.ReLU()
        self.body = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False),
            norm,
            act,
            nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False),
            norm,
        )
        self.act = act
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
            )

    def forward(self, x):
        return self.act(self.body(x) + self.shortcut(x))
