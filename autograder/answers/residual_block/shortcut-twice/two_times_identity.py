# 2 * identity, because "the shortcut should be strong".
class ResidualBlock(nn.Module):
    def __init__(self, n_in, n_out, stride=1):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False),
            nn.BatchNorm2d(n_out),
            nn.ReLU(),
            nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False),
            nn.BatchNorm2d(n_out),
        )
        self.downsample = (
            nn.Sequential(nn.Conv2d(n_in, n_out, 1, stride, bias=False), nn.BatchNorm2d(n_out))
            if (stride != 1 or n_in != n_out)
            else None
        )

    def forward(self, x):
        identity = x if self.downsample is None else self.downsample(x)
        return torch.relu(self.net(x) + 2 * identity)
