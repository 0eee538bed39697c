# The 1x1 conv comes before the average: both are linear, so the order does not matter.
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.stage1 = nn.Sequential(*(block(16, 16, 1) for _ in range(n_blocks)))
        self.stage2 = nn.Sequential(block(16, 32, 2), *(block(32, 32, 1) for _ in range(n_blocks - 1)))
        self.stage3 = nn.Sequential(block(32, 64, 2), *(block(64, 64, 1) for _ in range(n_blocks - 1)))
        self.head = nn.Conv2d(64, 10, 1)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = self.stage3(self.stage2(self.stage1(x)))
        x = self.head(x)
        return x.mean(dim=(-2, -1))
