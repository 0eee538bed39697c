# Stages as ModuleLists, run in a loop; mean() in place of a pooling layer.
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(16)
        self.stage1 = nn.ModuleList([block(16, 16) for _ in range(n_blocks)])
        self.stage2 = nn.ModuleList([block(16 if i == 0 else 32, 32, 2 if i == 0 else 1) for i in range(n_blocks)])
        self.stage3 = nn.ModuleList([block(32 if i == 0 else 64, 64, 2 if i == 0 else 1) for i in range(n_blocks)])
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        for block in self.stage1:
            x = block(x)
        for block in self.stage2:
            x = block(x)
        for block in self.stage3:
            x = block(x)
        x = x.mean([2, 3])
        return self.fc(x)
