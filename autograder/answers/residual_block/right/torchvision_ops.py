# Built from torchvision's Conv2dNormActivation.
from torchvision.ops import Conv2dNormActivation


class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.block = nn.Sequential(
            Conv2dNormActivation(in_channels, out_channels, kernel_size=3, stride=stride),
            Conv2dNormActivation(out_channels, out_channels, kernel_size=3, activation_layer=None),
        )
        self.shortcut = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.shortcut = Conv2dNormActivation(
                in_channels, out_channels, kernel_size=1, stride=stride, activation_layer=None
            )

    def forward(self, x):
        return F.relu(self.block(x) + self.shortcut(x), inplace=True)
