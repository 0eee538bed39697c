# conv, norm, conv, norm in a Sequential.
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        layers = []
        channels = in_channels
        for s in (stride, 1):
            layers += [nn.Conv2d(channels, out_channels, 3, s, 1, bias=False), nn.BatchNorm2d(out_channels)]
            channels = out_channels
        self.main = nn.Sequential(*layers)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
            )

    def forward(self, x):
        return torch.relu(self.main(x) + self.shortcut(x))
