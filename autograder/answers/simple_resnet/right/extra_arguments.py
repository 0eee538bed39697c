# More arguments than asked for, and a method for probabilities that forward does not use.
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock, n_classes=10, width=16, dropout=0.0, in_channels=3):
        super().__init__()
        w = [width, 2 * width, 4 * width]
        self.conv1 = nn.Conv2d(in_channels, w[0], 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(w[0])
        self.stage1 = self._make_stage(block, w[0], w[0], n_blocks, 1)
        self.stage2 = self._make_stage(block, w[0], w[1], n_blocks, 2)
        self.stage3 = self._make_stage(block, w[1], w[2], n_blocks, 2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(p=dropout)
        self.fc = nn.Linear(w[2], n_classes)

    def _make_stage(self, block, in_channels, out_channels, n_blocks, stride=1):
        strides = [stride] + [1] * (n_blocks - 1)
        channels = [in_channels] + [out_channels] * (n_blocks - 1)
        return nn.Sequential(*[block(c, out_channels, s) for c, s in zip(channels, strides)])

    def features(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return self.stage3(self.stage2(self.stage1(x)))

    def forward(self, x, return_features=False):
        h = self.features(x)
        logits = self.fc(self.dropout(torch.flatten(self.avgpool(h), 1)))
        return (logits, h) if return_features else logits

    @torch.no_grad()
    def predict(self, x):
        return F.softmax(self(x), dim=1)
