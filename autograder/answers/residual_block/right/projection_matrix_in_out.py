# The projection is a bare matrix (in, out), by einsum.
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.stride = stride
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.P = None
        if stride != 1 or in_channels != out_channels:
            self.P = nn.Parameter(torch.randn(in_channels, out_channels) / in_channels ** 0.5)
            self.bn3 = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.P is not None:
            x = self.bn3(torch.einsum("nchw,cd->ndhw", x[..., ::self.stride, ::self.stride], self.P))
        return F.relu(y + x)
