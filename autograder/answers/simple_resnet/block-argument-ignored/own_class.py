# Builds a block class of its own.
class BasicBlock(nn.Module):
    def __init__(self, i, o, s=1):
        super().__init__()
        self.f = nn.Sequential(
            nn.Conv2d(i, o, 3, s, 1, bias=False),
            nn.BatchNorm2d(o),
            nn.ReLU(),
            nn.Conv2d(o, o, 3, 1, 1, bias=False),
            nn.BatchNorm2d(o),
        )
        self.g = nn.Sequential()
        if s != 1 or i != o:
            self.g = nn.Sequential(nn.Conv2d(i, o, 1, s, bias=False), nn.BatchNorm2d(o))

    def forward(self, x):
        return F.relu(self.f(x) + self.g(x))


class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.stage1 = self._make_stage(16, 16, n_blocks, 1)
        self.stage2 = self._make_stage(16, 32, n_blocks, 2)
        self.stage3 = self._make_stage(32, 64, n_blocks, 2)
        self.fc = nn.Linear(64, 10)

    def _make_stage(self, i, o, n, s):
        return nn.Sequential(BasicBlock(i, o, s), *[BasicBlock(o, o) for _ in range(n - 1)])

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.stage3(self.stage2(self.stage1(x)))
        return self.fc(x.mean((2, 3)))
