# Layers that are made and never used; nn.AvgPool2d over whatever is left.
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.maxpool = nn.MaxPool2d(3, 2, 1)  # not for CIFAR
        self.stage1 = self._make_stage(block, 16, 16, n_blocks, 1)
        self.stage2 = self._make_stage(block, 16, 32, n_blocks, 2)
        self.stage3 = self._make_stage(block, 32, 64, n_blocks, 2)
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(64, 10)
        self.fc2 = nn.Linear(64, 100)  # for CIFAR-100, later
        self.softmax = nn.Softmax(dim=1)
        self.temperature = nn.Parameter(torch.tensor(1.0))  # not yet

    def _make_stage(self, block, in_channels, out_channels, n_blocks, stride):
        layers = []
        for i in range(n_blocks):
            layers.append(block(in_channels, out_channels, stride))
            in_channels = out_channels
            stride = 1
        return nn.Sequential(*layers)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        # x = self.maxpool(x)
        x = self.stage1(x)
        x = self.stage2(x)
        x = self.stage3(x)
        x = nn.AvgPool2d(kernel_size=x.shape[-2:])(x)
        x = x.view(-1, 64)
        # x = self.dropout(x)
        x = self.fc(x)
        # return self.softmax(x)
        return x
