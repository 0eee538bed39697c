# squeeze(-1) twice, which keeps a batch of one.
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1)
        self.bn1 = nn.BatchNorm2d(16)
        self.relu = nn.ReLU(inplace=True)
        self.stage1 = self._make_stage(n_blocks, 16, 16, 1, block)
        self.stage2 = self._make_stage(n_blocks, 16, 32, 2, block)
        self.stage3 = self._make_stage(n_blocks, 32, 64, 2, block)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(64, 10)

    def _make_stage(self, n, a, b, s, block):
        stage = nn.Sequential()
        stage.add_module("block0", block(a, b, s))
        for i in range(1, n):
            stage.add_module(f"block{i}", block(b, b))
        return stage

    def forward(self, x):
        x = self.conv1(x)
        x = self.bn1(x)
        x = self.relu(x)
        x = self.stage1(x)
        x = self.stage2(x)
        x = self.stage3(x)
        x = self.avgpool(x)
        x = x.squeeze(-1).squeeze(-1)
        return self.fc(x)
