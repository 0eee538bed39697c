# ResNet-18 for small pictures, as it is found everywhere, around the given block.
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=2, block=ResidualBlock, num_classes=10):
        super().__init__()
        self.in_planes = 64
        self.conv1 = nn.Conv2d(3, 64, kernel_size=3, stride=1, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = self._make_layer(block, 64, n_blocks, stride=1)
        self.layer2 = self._make_layer(block, 128, n_blocks, stride=2)
        self.layer3 = self._make_layer(block, 256, n_blocks, stride=2)
        self.layer4 = self._make_layer(block, 512, n_blocks, stride=2)
        self.linear = nn.Linear(512, num_classes)

    def _make_layer(self, block, planes, num_blocks, stride):
        layers = []
        for s in [stride] + [1] * (num_blocks - 1):
            layers.append(block(self.in_planes, planes, s))
            self.in_planes = planes
        return nn.Sequential(*layers)

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            out = layer(out)
        out = F.adaptive_avg_pool2d(out, 1)
        return self.linear(out.view(out.size(0), -1))
