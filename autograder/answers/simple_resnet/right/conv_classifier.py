# The classifier is a 1x1 conv on the averaged picture.
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU())
        self.stages = nn.Sequential(
            self._make_stage(16, 16, n_blocks, 1, block),
            self._make_stage(16, 32, n_blocks, 2, block),
            self._make_stage(32, 64, n_blocks, 2, block),
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Conv2d(64, 10, kernel_size=1)

    @staticmethod
    def _make_stage(cin, cout, n, stride, block):
        return nn.Sequential(*[block(cin if i == 0 else cout, cout, stride if i == 0 else 1) for i in range(n)])

    def forward(self, x):
        x = self.pool(self.stages(self.stem(x)))
        return self.classifier(x).flatten(1)
