# A subclass of nn.Sequential: there is no forward at all.
class SimpleResNet(nn.Sequential):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        layers = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True)]
        channels = 16
        for width, stride in ((16, 1), (32, 2), (64, 2)):
            for i in range(n_blocks):
                layers.append(block(channels, width, stride if i == 0 else 1))
                channels = width
        layers += [nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(channels, 10)]
        super().__init__(*layers)
