# range(1, n) without the first block; with n = 1 the stages are empty.
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1), nn.BatchNorm2d(16), nn.ReLU())
        self.stage1 = self._make_stage(block, 16, 16, n_blocks, 1)
        self.stage2 = self._make_stage(block, 16, 32, n_blocks, 2)
        self.stage3 = self._make_stage(block, 32, 64, n_blocks, 2)
        self.fc = nn.Linear(64, 10)

    def _make_stage(self, block, c_in, c_out, n, stride):
        stage = nn.Sequential()
        for i in range(1, n):
            stage.append(block(c_in, c_out, stride))
            c_in, stride = c_out, 1
        return stage

    def forward(self, x):
        x = self.stage3(self.stage2(self.stage1(self.stem(x))))
        return self.fc(x.mean((2, 3)))
