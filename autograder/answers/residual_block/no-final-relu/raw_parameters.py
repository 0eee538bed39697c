# Everything by hand, and no ReLU at the end.
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.stride = stride
        self.w1 = nn.Parameter(torch.randn(out_channels, in_channels, 3, 3) * 0.1)
        self.b1 = nn.Parameter(torch.zeros(out_channels))
        self.w2 = nn.Parameter(torch.randn(out_channels, out_channels, 3, 3) * 0.1)
        self.b2 = nn.Parameter(torch.zeros(out_channels))
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.shortcut = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False), nn.BatchNorm2d(out_channels)
            )

    def forward(self, x):
        out = F.relu(self.bn1(F.conv2d(x, self.w1, self.b1, stride=self.stride, padding=1)))
        out = self.bn2(F.conv2d(out, self.w2, self.b2, padding=1))
        return out + self.shortcut(x)
