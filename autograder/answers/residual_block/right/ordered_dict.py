# A Sequential with names, from an OrderedDict.
from collections import OrderedDict


class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.residual_function = nn.Sequential(
            OrderedDict(
                [
                    (
                        "conv_a",
                        nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=stride, padding=1, bias=False),
                    ),
                    ("norm_a", nn.BatchNorm2d(out_channels)),
                    ("relu_a", nn.ReLU(inplace=True)),
                    ("conv_b", nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1, bias=False)),
                    ("norm_b", nn.BatchNorm2d(out_channels)),
                ]
            )
        )
        shortcut = OrderedDict()
        if stride != 1 or in_channels != out_channels:
            shortcut["conv"] = nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False)
            shortcut["norm"] = nn.BatchNorm2d(out_channels)
        self.shortcut = nn.Sequential(shortcut)

    def forward(self, x):
        return nn.ReLU(inplace=True)(self.residual_function(x) + self.shortcut(x))
