# 64, 32 and 16 channels instead of 16, 32 and 64
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        a, b, c = 64, 32, 16
        self.conv1 = nn.Conv2d(3, a, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(a)
        self.stage1 = self._make_stage(block, a, a, n_blocks, 1)
        self.stage2 = self._make_stage(block, a, b, n_blocks, 2)
        self.stage3 = self._make_stage(block, b, c, n_blocks, 2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(c, 10)
    def _make_stage(self, block, i, o, n, s):
        return nn.Sequential(block(i, o, s), *[block(o, o) for _ in range(n - 1)])
    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.stage1(out)
        out = self.stage2(out)
        out = self.stage3(out)
        out = self.fc(self.avgpool(out).flatten(1))
        return out
