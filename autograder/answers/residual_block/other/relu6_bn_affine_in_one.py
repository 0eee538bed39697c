# ReLU6 at the end, in a block whose norms keep scale and shift in one parameter.
class Norm(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.affine = nn.Parameter(torch.stack([torch.ones(channels), torch.zeros(channels)]))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x):
        gamma, beta = self.affine
        return F.batch_norm(x, self.running_mean, self.running_var, gamma, beta, training=self.training)


class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.norm1 = Norm(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.norm2 = Norm(out_channels)
        self.project = None
        if stride > 1 or in_channels != out_channels:
            self.project = nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), Norm(out_channels))

    def forward(self, x):
        y = self.norm2(self.conv2(self.norm1(self.conv1(x)).relu()))
        skip = x if self.project is None else self.project(x)
        return F.relu6(y + skip)
