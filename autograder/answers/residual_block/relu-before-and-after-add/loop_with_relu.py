# A loop that applies conv, norm and ReLU twice; then the addition, then ReLU.
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.steps = nn.ModuleList(
            [
                nn.ModuleDict(
                    {"conv": nn.Conv2d(in_channels, out_channels, 3, stride, 1), "bn": nn.BatchNorm2d(out_channels)}
                ),
                nn.ModuleDict(
                    {"conv": nn.Conv2d(out_channels, out_channels, 3, 1, 1), "bn": nn.BatchNorm2d(out_channels)}
                ),
            ]
        )
        self.projection = None
        if stride != 1 or in_channels != out_channels:
            self.projection = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride), nn.BatchNorm2d(out_channels)
            )

    def forward(self, x):
        shortcut = x
        if self.projection is not None:
            shortcut = self.projection(x)
        for step in self.steps:
            x = step["conv"](x)
            x = step["bn"](x)
            x = torch.relu(x)
        return torch.relu(x + shortcut)
