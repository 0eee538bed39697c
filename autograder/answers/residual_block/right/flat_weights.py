# conv weights kept as matrices (out, in · 9)
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.i, self.o, self.s = in_channels, out_channels, stride
        self.w1 = nn.Parameter(torch.randn(out_channels, in_channels * 9) * .1)
        self.w2 = nn.Parameter(torch.randn(out_channels, out_channels * 9) * .1)
        self.bn1, self.bn2 = nn.BatchNorm2d(out_channels), nn.BatchNorm2d(out_channels)
        self.shortcut = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels))
    def forward(self, x):
        out = F.relu(self.bn1(F.conv2d(x, self.w1.view(self.o, self.i, 3, 3), stride=self.s, padding=1)))
        return F.relu(self.bn2(F.conv2d(out, self.w2.view(self.o, self.o, 3, 3), padding=1)) + self.shortcut(x))
