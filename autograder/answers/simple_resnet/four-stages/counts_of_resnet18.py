# Two blocks in each of four stages, whatever n_blocks is.
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.stage1 = nn.Sequential(block(64, 64), block(64, 64))
        self.stage2 = nn.Sequential(block(64, 128, stride=2), block(128, 128))
        self.stage3 = nn.Sequential(block(128, 256, stride=2), block(256, 256))
        self.stage4 = nn.Sequential(block(256, 512, stride=2), block(512, 512))
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.stage4(self.stage3(self.stage2(self.stage1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))
