# The first block of a stage is a PlainBlock, because shapes change there.
# also fits: block-argument-ignored
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.stage1 = self._make_stage(block, 16, 16, n_blocks, 1)
        self.stage2 = self._make_stage(block, 16, 32, n_blocks, 2)
        self.stage3 = self._make_stage(block, 32, 64, n_blocks, 2)
        self.fc = nn.Linear(64, 10)

    def _make_stage(self, block, i, o, n, s):
        if s == 1 and i == o:
            return nn.Sequential(*[block(o, o, 1) for _ in range(n)])
        return nn.Sequential(PlainBlock(i, o, s), *[block(o, o, 1) for _ in range(n - 1)])

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.stage3(self.stage2(self.stage1(x)))
        return self.fc(x.mean((2, 3)))
