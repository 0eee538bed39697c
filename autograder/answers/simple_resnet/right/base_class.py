# A base class that takes the widths; super().__init__ with arguments.
class StagedNet(nn.Module):
    def __init__(self, n_blocks, block, widths, n_classes):
        super().__init__()
        stem = nn.Sequential()
        stem.add_module("conv", nn.Conv2d(3, widths[0], 3, padding=1, bias=False))
        stem.add_module("norm", nn.BatchNorm2d(widths[0]))
        stem.add_module("act", nn.ReLU())
        self.stem = stem
        self.body = nn.ModuleList()
        before = widths[0]
        for number, width in enumerate(widths):
            for position in range(n_blocks):
                stride = 2 if number > 0 and position == 0 else 1
                self.body.append(block(before, width, stride))
                before = width
        self.fc = nn.Linear(before, n_classes)

    def forward(self, x):
        x = self.stem(x)
        for b in self.body:
            x = b(x)
        x = x.flatten(2).mean(-1)
        return self.fc(x)


class SimpleResNet(StagedNet):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__(n_blocks, block, widths=[16, 32, 64], n_classes=10)
