# a classifier without bias, and a bias of shape (10,) beside it
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        def stage(i, o, s): return nn.Sequential(block(i, o, s), *(block(o, o) for _ in range(n_blocks - 1)))
        self.stage1, self.stage2, self.stage3 = stage(16, 16, 1), stage(16, 32, 2), stage(32, 64, 2)
        self.fc = nn.Linear(64, 10, bias=False)
        self.b = nn.Parameter(torch.zeros(10))
    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        return self.fc(self.stage3(self.stage2(self.stage1(out))).mean((2, 3))) + self.b
