# Layers made with setattr and add_module in a loop.
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        for i, (cin, s) in enumerate([(in_channels, stride), (out_channels, 1)], start=1):
            setattr(self, f"conv{i}", nn.Conv2d(cin, out_channels, 3, s, 1, bias=False))
            self.add_module(f"bn{i}", nn.BatchNorm2d(out_channels))
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels:
            self.shortcut.add_module("conv", nn.Conv2d(in_channels, out_channels, 1, stride, bias=False))
            self.shortcut.add_module("bn", nn.BatchNorm2d(out_channels))

    def forward(self, x):
        out = x
        for i in (1, 2):
            out = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(out))
            if i == 2:
                out = out + self.shortcut(x)
            out = F.relu(out)
        return out
