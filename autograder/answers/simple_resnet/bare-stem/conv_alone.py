# The stem is a conv alone, with a bias.
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1),
            *[block(16, 16) for _ in range(n_blocks)],
            block(16, 32, 2),
            *[block(32, 32) for _ in range(n_blocks - 1)],
            block(32, 64, 2),
            *[block(64, 64) for _ in range(n_blocks - 1)],
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(64, 10),
        )

    def forward(self, x):
        return self.net(x)
