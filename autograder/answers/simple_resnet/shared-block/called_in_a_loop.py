# One block a stage after the first, called again and again.
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.n = n_blocks
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1)
        self.bn1 = nn.BatchNorm2d(16)
        self.first = nn.ModuleList([block(16, 16), block(16, 32, 2), block(32, 64, 2)])
        self.more = nn.ModuleList([block(16, 16), block(32, 32), block(64, 64)])
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        for first, more in zip(self.first, self.more):
            x = first(x)
            for _ in range(self.n - 1):
                x = more(x)
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))
