# Lazy layers, which learn their input channels from the first picture.
class ResidualBlock(nn.Module):
    """as in d2l, with BN in the projection"""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.LazyConv2d(out_channels, kernel_size=3, padding=1, stride=stride, bias=False)
        self.conv2 = nn.LazyConv2d(out_channels, kernel_size=3, padding=1, bias=False)
        use_1x1conv = stride != 1 or in_channels != out_channels
        if use_1x1conv:
            self.conv3 = nn.LazyConv2d(out_channels, kernel_size=1, stride=stride, bias=False)
            self.bn3 = nn.LazyBatchNorm2d()
        else:
            self.conv3 = None
        self.bn1 = nn.LazyBatchNorm2d()
        self.bn2 = nn.LazyBatchNorm2d()

    def forward(self, X):
        Y = F.relu(self.bn1(self.conv1(X)))
        Y = self.bn2(self.conv2(Y))
        if self.conv3:
            X = self.bn3(self.conv3(X))
        Y += X
        return F.relu(Y)
