# Prints, warns and asserts in forward.
import warnings


class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        assert n_blocks >= 1
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.stage1 = self._make_stage(16, 16, n_blocks, 1, block)
        self.stage2 = self._make_stage(16, 32, n_blocks, 2, block)
        self.stage3 = self._make_stage(32, 64, n_blocks, 2, block)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(64, 10)
        print(f"SimpleResNet with {1 + 6 * n_blocks} conv layers")

    def _make_stage(self, i, o, n, s, block):
        return nn.Sequential(block(i, o, s), *[block(o, o, 1) for k in range(n - 1)])

    def forward(self, x):
        assert x.ndim == 4, "need a batch of pictures"
        assert x.shape[1] == 3
        if x.shape[-1] != 32:
            warnings.warn(f"pictures of {x.shape[-1]} pixels; I was made for 32")
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.stage1(x)
        print("stage 1", tuple(x.shape))
        x = self.stage2(x)
        print("stage 2", tuple(x.shape))
        x = self.stage3(x)
        print("stage 3", tuple(x.shape))
        x = self.fc(self.avgpool(x).flatten(1))
        assert x.shape[1] == 10
        return x
