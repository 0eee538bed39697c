# A classifier for 512 features, as in ResNet-18.
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.relu = nn.ReLU(inplace=True)
        self.layer1 = self._make_layer(block, 16, 16, n_blocks)
        self.layer2 = self._make_layer(block, 16, 32, n_blocks, 2)
        self.layer3 = self._make_layer(block, 32, 64, n_blocks, 2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512, 10)

    def _make_layer(self, block, i, o, n, stride=1):
        return nn.Sequential(block(i, o, stride), *[block(o, o) for _ in range(1, n)])

    def forward(self, x):
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(torch.flatten(self.avgpool(x), 1))
