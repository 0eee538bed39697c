# F.adaptive_avg_pool2d and reshape; keyword arguments for the block.
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.n_blocks = n_blocks

        # TODO 4
        self.conv1 = nn.Conv2d(in_channels=3, out_channels=16, kernel_size=3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(num_features=16)

        # TODO 5
        self.stage1 = self._make_stage(block, in_channels=16, out_channels=16, stride=1)
        self.stage2 = self._make_stage(block, in_channels=16, out_channels=32, stride=2)
        self.stage3 = self._make_stage(block, in_channels=32, out_channels=64, stride=2)

        self.fc = nn.Linear(in_features=64, out_features=10)

    # TODO 6
    def _make_stage(self, block, in_channels, out_channels, stride):
        blocks = []
        for i in range(self.n_blocks):
            if i == 0:
                b = block(in_channels=in_channels, out_channels=out_channels, stride=stride)
            else:
                b = block(in_channels=out_channels, out_channels=out_channels, stride=1)
            blocks.append(b)
        return nn.Sequential(*blocks)

    # TODO 7
    def forward(self, x):
        batch = x.shape[0]
        h = F.relu(self.bn1(self.conv1(x)), inplace=True)
        for stage in (self.stage1, self.stage2, self.stage3):
            h = stage(h)
        h = F.adaptive_avg_pool2d(h, output_size=1).reshape(batch, -1)
        return self.fc(h)
