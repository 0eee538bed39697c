# what: the block is a dataclass
# lesson: 02
# earns: exactly 35
from dataclasses import dataclass

RIGHT_BLOCK

Base = ResidualBlock


@dataclass(eq=False)
class ResidualBlock(nn.Module):
    in_channels: int
    out_channels: int
    stride: int = 1

    def __post_init__(self):
        super().__init__()
        self.inner = Base(self.in_channels, self.out_channels, self.stride)

    def forward(self, x):
        return self.inner(x)
