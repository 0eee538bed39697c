# functools.reduce over a flat list of blocks; partial for the convs.
from functools import partial, reduce

conv3x3 = partial(nn.Conv2d, kernel_size=3, padding=1, bias=False)


class SimpleResNet(nn.Module):
    WIDTHS = (16, 32, 64)

    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        make = partial(self._make_stage, block=block, n=n_blocks)
        self.stem = nn.Sequential(conv3x3(3, 16), nn.BatchNorm2d(16), nn.ReLU())
        self.stage1, self.stage2, self.stage3 = (
            make(cin=16, cout=16, s=1),
            make(cin=16, cout=32, s=2),
            make(cin=32, cout=64, s=2),
        )
        self.fc = nn.Linear(self.WIDTHS[-1], 10)

    @classmethod
    def _make_stage(cls, *, block, n, cin, cout, s):
        head, tail = block(cin, cout, s), [block(cout, cout) for _ in range(n - 1)]
        return nn.ModuleList([head] + tail)

    def forward(self, x):
        blocks = [self.stem, *self.stage1, *self.stage2, *self.stage3]
        x = reduce(lambda h, f: f(h), blocks, x)
        return self.fc(F.adaptive_avg_pool2d(x, 1)[:, :, 0, 0])
