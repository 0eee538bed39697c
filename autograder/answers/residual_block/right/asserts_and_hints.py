# Type hints, a docstring, and asserts on every shape.
from torch import Tensor


class ResidualBlock(nn.Module):
    """Basic residual block (He et al., 2016).

    Args:
        in_channels: channels of the input
        out_channels: channels of the output
        stride: stride of the first convolution
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        assert stride in (1, 2), "only strides 1 and 2 are used in this course"
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.stride = stride
        self.conv1 = nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, kernel_size=3, stride=1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.shortcut = self._shortcut()

    def _shortcut(self) -> nn.Module:
        if self.in_channels == self.out_channels and self.stride == 1:
            return nn.Identity()
        return nn.Sequential(
            nn.Conv2d(self.in_channels, self.out_channels, kernel_size=1, stride=self.stride, bias=False),
            nn.BatchNorm2d(self.out_channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        assert x.dim() == 4 and x.size(1) == self.in_channels
        n, _, h, w = x.shape
        out = F.relu(self.bn1(self.conv1(x)))
        assert out.shape[:2] == (n, self.out_channels)
        out = self.bn2(self.conv2(out))
        skip = self.shortcut(x)
        assert out.shape == skip.shape, f"{out.shape} != {skip.shape}"
        out = F.relu(out + skip)
        assert (out >= 0).all()
        return out
