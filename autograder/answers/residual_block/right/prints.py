# Full of prints from debugging, to stdout and stderr.
import sys


class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        print("making a block", in_channels, out_channels, stride)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        print("x", x.shape, x.mean().item())
        out = F.relu(self.bn1(self.conv1(x)))
        print("after conv1", out.shape)
        out = self.bn2(self.conv2(out))
        sc = self.shortcut(x)
        print("shortcut", sc.shape, file=sys.stderr)
        out = F.relu(out + sc)
        print("35.0")
        return out
