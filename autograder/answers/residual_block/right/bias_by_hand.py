# biases kept as parameters of their own and added after the convs
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.b1 = nn.Parameter(torch.zeros(1, out_channels, 1, 1))
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.b2 = nn.Parameter(torch.zeros(out_channels, 1, 1))
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels))
    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x) + self.b1))
        return F.relu(self.bn2(self.conv2(out) + self.b2) + self.shortcut(x))
