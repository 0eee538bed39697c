# n_blocks is taken for the number of blocks in the first stage; the others have one.
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.stage1 = nn.Sequential(*[block(16, 16, 1) for _ in range(n_blocks)])
        self.stage2 = block(16, 32, 2)
        self.stage3 = block(32, 64, 2)
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = self.stage1(x)
        x = self.stage2(x)
        x = self.stage3(x)
        return self.fc(x.mean(dim=[2, 3]))
