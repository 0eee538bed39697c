# Lazy stem and classifier.
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.conv1 = nn.LazyConv2d(16, kernel_size=3, padding=1, bias=False)
        self.bn1 = nn.LazyBatchNorm2d()
        self.stage1 = self._make_stage(block, 16, 16, n_blocks, 1)
        self.stage2 = self._make_stage(block, 16, 32, n_blocks, 2)
        self.stage3 = self._make_stage(block, 32, 64, n_blocks, 2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.LazyLinear(10)

    def _make_stage(self, block, in_channels, out_channels, n_blocks, stride):
        return nn.Sequential(
            *[
                block(in_channels, out_channels, stride) if i == 0 else block(out_channels, out_channels)
                for i in range(n_blocks)
            ]
        )

    def forward(self, X):
        X = F.relu(self.bn1(self.conv1(X)))
        X = self.stage3(self.stage2(self.stage1(X)))
        return self.fc(self.avgpool(X).flatten(1))
