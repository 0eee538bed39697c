# Raw conv weights next to nn.BatchNorm2d modules.
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.stride = stride
        self.weight1 = nn.Parameter(torch.empty(out_channels, in_channels, 3, 3))
        self.weight2 = nn.Parameter(torch.empty(out_channels, out_channels, 3, 3))
        nn.init.kaiming_normal_(self.weight1)
        nn.init.kaiming_normal_(self.weight2)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False), nn.BatchNorm2d(out_channels)
            )

    def forward(self, x):
        out = self.bn1(F.conv2d(x, self.weight1, stride=self.stride, padding=1))
        out = self.bn2(F.conv2d(F.relu(out), self.weight2, padding=1))
        return F.relu(out + self.shortcut(x))
