# conv3x3, conv1x1 as in many repositories.
def conv3x3(in_planes, out_planes, stride=1):
    """3x3 convolution with padding"""
    return nn.Conv2d(in_planes, out_planes, kernel_size=3, stride=stride, padding=1, bias=False)


def conv1x1(in_planes, out_planes, stride=1):
    """1x1 convolution"""
    return nn.Conv2d(in_planes, out_planes, kernel_size=1, stride=stride, bias=False)


class ResidualBlock(nn.Module):
    expansion = 1

    def __init__(self, in_channels, out_channels, stride=1, downsample=None, norm_layer=nn.BatchNorm2d, **kwargs):
        super().__init__()
        self.conv1 = conv3x3(in_channels, out_channels, stride)
        self.bn1 = norm_layer(out_channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = conv3x3(out_channels, out_channels * self.expansion)
        self.bn2 = norm_layer(out_channels * self.expansion)
        if downsample is None and (stride != 1 or in_channels != out_channels * self.expansion):
            downsample = nn.Sequential(
                conv1x1(in_channels, out_channels * self.expansion, stride), norm_layer(out_channels * self.expansion)
            )
        self.shortcut = downsample

    def forward(self, x):
        residual = x if self.shortcut is None else self.shortcut(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.bn2(self.conv2(x))
        x += residual
        return self.relu(x)
