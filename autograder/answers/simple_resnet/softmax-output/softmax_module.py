# nn.Softmax as the last layer of the head.
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1)
        self.bn1 = nn.BatchNorm2d(16)
        self.stage1 = self._make_stage(block, 16, 16, n_blocks, 1)
        self.stage2 = self._make_stage(block, 16, 32, n_blocks, 2)
        self.stage3 = self._make_stage(block, 32, 64, n_blocks, 2)
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10), nn.Softmax(dim=1))

    def _make_stage(self, block, i, o, n, s):
        return nn.Sequential(block(i, o, s), *(block(o, o) for _ in range(n - 1)))

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        return self.head(self.stage3(self.stage2(self.stage1(x))))
