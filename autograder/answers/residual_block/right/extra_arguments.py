# More arguments than asked for, all with defaults that change nothing.
class ResidualBlock(nn.Module):
    expansion = 1

    def __init__(
        self, in_channels, out_channels, stride=1, kernel_size=3, dilation=1, groups=1, drop=0.0, final_relu=True
    ):
        super().__init__()
        pad = kernel_size // 2
        self.conv1 = nn.Conv2d(in_channels, out_channels, kernel_size, stride, pad, dilation, groups, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.drop = nn.Dropout(drop)
        self.conv2 = nn.Conv2d(out_channels, out_channels, kernel_size, 1, pad, dilation, groups, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.final_relu = final_relu
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels * self.expansion:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels * self.expansion, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels * self.expansion),
            )

    def forward(self, x):
        out = self.drop(F.relu(self.bn1(self.conv1(x))))
        out = self.bn2(self.conv2(out)) + self.shortcut(x)
        return F.relu(out) if self.final_relu else out
