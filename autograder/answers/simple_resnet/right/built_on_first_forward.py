# The stages are built on the first forward pass, when the channels are known.
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.block = block
        self.n_blocks = n_blocks
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.stages = nn.ModuleList()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(64, 10)

    def _make_stage(self, in_channels, out_channels, n_blocks, stride):
        blocks = [self.block(in_channels, out_channels, stride=stride)]
        for _ in range(n_blocks - 1):
            blocks.append(self.block(out_channels, out_channels, stride=1))
        return nn.Sequential(*blocks)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        if not self.stages:
            c = x.shape[1]
            for k in range(3):
                width = 16 * 2 ** k
                self.stages.append(self._make_stage(c, width, self.n_blocks, 1 if k == 0 else 2))
                c = width
        for s in self.stages:
            x = s(x)
        return self.fc(self.avgpool(x).flatten(1))
