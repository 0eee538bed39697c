# Each output channel has a kernel of its own in a ParameterList, stacked when needed.
class FilterBank(nn.Module):
    def __init__(self, cin, cout, k, stride=1):
        super().__init__()
        self.stride, self.padding = stride, k // 2
        self.filters = nn.ParameterList([nn.Parameter(0.1 * torch.randn(cin, k, k)) for _ in range(cout)])

    def forward(self, x):
        return F.conv2d(x, torch.stack(list(self.filters)), stride=self.stride, padding=self.padding)


class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = FilterBank(in_channels, out_channels, 3, stride)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = FilterBank(out_channels, out_channels, 3)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.shortcut = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(FilterBank(in_channels, out_channels, 1, stride), nn.BatchNorm2d(out_channels))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + self.shortcut(x))
