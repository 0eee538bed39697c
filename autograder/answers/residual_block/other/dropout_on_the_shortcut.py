# Two mistakes: dropout on the shortcut, and no batch norm in the projection.
# also fits: projection-without-bn
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1, p=0.2):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, stride, 1),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, 3, 1, 1),
            nn.BatchNorm2d(out_channels),
        )
        self.shortcut = nn.Sequential(nn.Dropout2d(p))
        if stride != 1 or in_channels != out_channels:
            self.shortcut.append(nn.Conv2d(in_channels, out_channels, 1, stride))

    def forward(self, x):
        return F.relu(self.main(x) + self.shortcut(x))
