# A base class that leaves the layers to the subclass.
from abc import ABC, abstractmethod


class Block(nn.Module, ABC):
    def __init__(self, cin, cout, stride):
        super().__init__()
        self.cin, self.cout, self.stride = cin, cout, stride
        self.build()

    @abstractmethod
    def build(self): ...

    @abstractmethod
    def residual(self, x): ...

    def forward(self, x):
        return torch.relu(self.residual(x) + self.skip(x))


class ResidualBlock(Block):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)

    def build(self):
        self.conv1 = nn.Conv2d(self.cin, self.cout, 3, self.stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(self.cout)
        self.conv2 = nn.Conv2d(self.cout, self.cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(self.cout)
        self.shortcut = nn.Sequential()
        if self.stride != 1 or self.cin != self.cout:
            self.shortcut = nn.Sequential(
                nn.Conv2d(self.cin, self.cout, 1, self.stride, bias=False), nn.BatchNorm2d(self.cout)
            )

    def residual(self, x):
        return self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))

    def skip(self, x):
        return self.shortcut(x)
