# Every further block is a copy by way of pickle.
import pickle
class SimpleResNet(nn.Module):
    "copies by save and load, and re-initialises"
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False); self.bn1 = nn.BatchNorm2d(16)
        self.stage1, self.stage2, self.stage3 = self.mk(block,16,16,1,n_blocks), self.mk(block,16,32,2,n_blocks), self.mk(block,32,64,2,n_blocks)
        self.fc = nn.Linear(64, 10)
    def mk(self, block, i, o, s, n):
        first, more = block(i, o, s), block(o, o, 1)
        return nn.Sequential(first, *[pickle.loads(pickle.dumps(more)) for _ in range(n - 1)])
    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return self.fc(self.stage3(self.stage2(self.stage1(x))).mean((2, 3)))
