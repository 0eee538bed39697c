# The stages hold the same blocks as one long list.
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.all_blocks = nn.ModuleList()
        self.stage1 = self._make_stage(block, 16, 16, n_blocks, 1)
        self.stage2 = self._make_stage(block, 16, 32, n_blocks, 2)
        self.stage3 = self._make_stage(block, 32, 64, n_blocks, 2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(64, 10)

    def _make_stage(self, block, in_channels, out_channels, n_blocks, stride):
        stage = [block(in_channels, out_channels, stride)] + [
            block(out_channels, out_channels) for _ in range(n_blocks - 1)
        ]
        self.all_blocks.extend(stage)
        return nn.Sequential(*stage)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.stage3(self.stage2(self.stage1(x)))
        return self.fc(self.avgpool(x).flatten(1))
