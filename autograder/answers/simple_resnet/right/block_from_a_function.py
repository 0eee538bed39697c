# ResidualBlock is a function that makes blocks, as lesson 02 permits.
class _Block(nn.Module):
    def __init__(self, i, o, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(i, o, 3, stride, 1, bias=False); self.bn1 = nn.BatchNorm2d(o)
        self.conv2 = nn.Conv2d(o, o, 3, 1, 1, bias=False); self.bn2 = nn.BatchNorm2d(o)
        self.shortcut = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o)) if stride != 1 or i != o else nn.Identity()
    def forward(self, x):
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + self.shortcut(x))
def ResidualBlock(i, o, stride=1): return _Block(i, o, stride)
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.block = block
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False); self.bn1 = nn.BatchNorm2d(16)
        self.stage1 = self._make_stage(16, 16, n_blocks, 1); self.stage2 = self._make_stage(16, 32, n_blocks, 2); self.stage3 = self._make_stage(32, 64, n_blocks, 2)
        self.avgpool = nn.AdaptiveAvgPool2d(1); self.fc = nn.Linear(64, 10)
    def _make_stage(self, i, o, n, s):
        return nn.Sequential(self.block(i, o, stride=s), *[self.block(o, o, stride=1) for _ in range(n - 1)])
    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return self.fc(self.avgpool(self.stage3(self.stage2(self.stage1(x)))).flatten(1))
