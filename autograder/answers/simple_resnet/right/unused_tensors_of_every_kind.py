# Unused tensors of every kind: of a lazy layer that never runs, frozen, whole numbers, sparse.
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        # for later
        self.lazy = nn.LazyLinear(10)
        self.frozen = nn.Conv2d(3, 3, 3).requires_grad_(False)
        self.factor = nn.Parameter(torch.ones(3), requires_grad=False)
        self.steps = nn.Parameter(torch.tensor(0), requires_grad=False)
        self.register_buffer("mask", torch.eye(3).to_sparse())
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, stride=1, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.stage1 = self._make_stage(block, 16, 16, n_blocks, stride=1)
        self.stage2 = self._make_stage(block, 16, 32, n_blocks, stride=2)
        self.stage3 = self._make_stage(block, 32, 64, n_blocks, stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(64, 10)

    def _make_stage(self, block, in_channels, out_channels, n_blocks, stride):
        layers = [block(in_channels, out_channels, stride)]
        for _ in range(n_blocks - 1):
            layers.append(block(out_channels, out_channels, 1))
        return nn.Sequential(*layers)

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.stage1(out)
        out = self.stage2(out)
        out = self.stage3(out)
        out = self.avgpool(out)
        out = torch.flatten(out, 1)
        return self.fc(out)
