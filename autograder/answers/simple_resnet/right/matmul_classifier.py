# The classifier is a matrix of 64 x 10 and a bias, as parameters.
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.stage1 = self._make_stage(block, 16, 16, n_blocks, 1)
        self.stage2 = self._make_stage(block, 16, 32, n_blocks, 2)
        self.stage3 = self._make_stage(block, 32, 64, n_blocks, 2)
        self.W = nn.Parameter(0.1 * torch.randn(64, 10))
        self.b = nn.Parameter(torch.zeros(10))

    def _make_stage(self, block, in_channels, out_channels, n_blocks, stride):
        stage = nn.Sequential()
        for i in range(n_blocks):
            stage.append(block(out_channels if i else in_channels, out_channels, 1 if i else stride))
        return stage

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.stage3(self.stage2(self.stage1(x)))
        return x.mean(dim=(2, 3)) @ self.W + self.b
