# A module for a stage.
class Stage(nn.Module):
    """n blocks; the first one may change shape"""

    def __init__(self, block, cin, cout, n, stride):
        super().__init__()
        self.first = block(cin, cout, stride)
        self.rest = nn.ModuleList(block(cout, cout, 1) for _ in range(n - 1))

    def forward(self, x):
        x = self.first(x)
        for b in self.rest:
            x = b(x)
        return x


class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, (3, 3), padding="same", bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.stage1 = Stage(block, 16, 16, n_blocks, 1)
        self.stage2 = Stage(block, 16, 32, n_blocks, 2)
        self.stage3 = Stage(block, 32, 64, n_blocks, 2)
        self.avgpool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        return self.fc(self.avgpool(self.stage3(self.stage2(self.stage1(F.relu(self.bn1(self.conv1(x))))))))
