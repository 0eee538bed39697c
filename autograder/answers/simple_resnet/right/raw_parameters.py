# Stem and classifier as nn.Parameter.
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.stem = nn.Parameter(torch.randn(16, 3, 3, 3) * (2 / 27) ** 0.5)
        self.gamma = nn.Parameter(torch.ones(16))
        self.beta = nn.Parameter(torch.zeros(16))
        self.register_buffer("running_mean", torch.zeros(16))
        self.register_buffer("running_var", torch.ones(16))
        self.stage1 = self._make_stage(block, 16, 16, n_blocks, 1)
        self.stage2 = self._make_stage(block, 16, 32, n_blocks, 2)
        self.stage3 = self._make_stage(block, 32, 64, n_blocks, 2)
        self.W = nn.Parameter(torch.randn(10, 64) / 8)
        self.b = nn.Parameter(torch.zeros(10))

    def _make_stage(self, block, i, o, n, s):
        return nn.Sequential(block(i, o, s), *[block(o, o) for _ in range(n - 1)])

    def forward(self, x):
        x = F.conv2d(x, self.stem, padding=1)
        x = F.relu(F.batch_norm(x, self.running_mean, self.running_var, self.gamma, self.beta, self.training))
        x = self.stage3(self.stage2(self.stage1(x)))
        return x.mean((2, 3)) @ self.W.t() + self.b
