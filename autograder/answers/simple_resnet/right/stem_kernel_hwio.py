# The stem's kernel in Keras layout.
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.block = block
        self.kernel = nn.Parameter(torch.randn(3, 3, 3, 16) * 0.27)
        self.bn1 = nn.BatchNorm2d(16)
        self.stage1 = self._make_stage(16, 16, n_blocks, 1)
        self.stage2 = self._make_stage(16, 32, n_blocks, 2)
        self.stage3 = self._make_stage(32, 64, n_blocks, 2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(64, 10)

    def _make_stage(self, in_channels, out_channels, n_blocks, stride):
        blocks = [self.block(in_channels, out_channels, stride=stride)]
        for _ in range(n_blocks - 1):
            blocks.append(self.block(out_channels, out_channels, stride=1))
        return nn.Sequential(*blocks)

    def forward(self, x):
        x = F.relu(self.bn1(F.conv2d(x, self.kernel.permute(3, 2, 0, 1), padding=1)))
        x = self.stage3(self.stage2(self.stage1(x)))
        return self.fc(self.avgpool(x).flatten(1))
