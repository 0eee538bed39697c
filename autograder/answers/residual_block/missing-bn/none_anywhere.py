# Batch norm nowhere, not even in the projection.
# also fits: projection-without-bn
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1)
        self.use_proj = stride != 1 or in_channels != out_channels
        if self.use_proj:
            self.proj = nn.Conv2d(in_channels, out_channels, 1, stride)

    def forward(self, x):
        y = self.conv2(F.relu(self.conv1(x)))
        if self.use_proj:
            x = self.proj(x)
        return F.relu(y + x)
