# 64, 128 and 256 channels, as for ImageNet.
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU())
        widths, stages, c = [64, 128, 256], [], 64
        for k, w in enumerate(widths):
            blocks = [block(c, w, 1 if k == 0 else 2)] + [block(w, w) for _ in range(n_blocks - 1)]
            stages.append(nn.Sequential(*blocks))
            c = w
        self.stages = nn.ModuleList(stages)
        self.fc = nn.Linear(c, 10)

    def forward(self, x):
        x = self.stem(x)
        for s in self.stages:
            x = s(x)
        return self.fc(x.mean((2, 3)))
