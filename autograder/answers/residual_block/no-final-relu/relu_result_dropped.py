# Calls F.relu and drops what it returns.
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv_1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1)
        self.conv_2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.norm_1 = nn.BatchNorm2d(out_channels)
        self.norm_2 = nn.BatchNorm2d(out_channels)
        self.shortcut = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        identity = self.shortcut(x)
        x = self.conv_1(x)
        x = self.norm_1(x)
        x = F.relu(x)
        x = self.conv_2(x)
        x = self.norm_2(x)
        x = x + identity
        F.relu(x)
        return x
