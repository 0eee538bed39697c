# Computes the shortcut first; main path and skip path are methods.
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        if (in_channels, stride) != (out_channels, 1):
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, (1, 1), (stride, stride), bias=False),
                nn.BatchNorm2d(out_channels, eps=1e-5, momentum=0.1),
            )
        else:
            self.shortcut = nn.Identity()
        self.conv1 = nn.Conv2d(in_channels, out_channels, (3, 3), (stride, stride), (1, 1), bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels, eps=1e-5, momentum=0.1)
        self.conv2 = nn.Conv2d(out_channels, out_channels, (3, 3), (1, 1), (1, 1), bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels, eps=1e-5, momentum=0.1)

    def _skip(self, x):
        return self.shortcut(x)

    def _main(self, x):
        x = self.conv1(x)
        x = self.bn1(x)
        x = getattr(F, "relu")(x)
        x = self.conv2(x)
        return self.bn2(x)

    def forward(self, x):
        skip = self._skip(x)
        main = self._main(x)
        return F.relu(torch.stack([skip, main]).sum(dim=0))
