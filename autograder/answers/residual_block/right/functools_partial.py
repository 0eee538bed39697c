# The handed-in block is a functools.partial of a more general one.
from functools import partial

conv = partial(nn.Conv2d, bias=False)


class GeneralBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1, *, norm, act):
        super().__init__()
        self.f = nn.Sequential(
            conv(in_channels, out_channels, 3, stride, padding=1),
            norm(out_channels),
            act(),
            conv(out_channels, out_channels, 3, padding=1),
            norm(out_channels),
        )
        same = stride == 1 and in_channels == out_channels
        self.g = (
            nn.Identity() if same else nn.Sequential(conv(in_channels, out_channels, 1, stride), norm(out_channels))
        )
        self.act = act()

    def forward(self, x):
        return self.act(self.f(x) + self.g(x))


ResidualBlock = partial(GeneralBlock, norm=nn.BatchNorm2d, act=nn.ReLU)
