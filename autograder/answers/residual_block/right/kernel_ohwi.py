# A kernel (out, h, w, in) as in MLX, permuted.
class Conv(nn.Module):
    def __init__(self, i, o, k, s):
        super().__init__()
        self.k, self.s = k, s
        self.kernel = nn.Parameter(torch.randn(o, k, k, i) * (2 / (i * k * k)) ** 0.5)
    def forward(self, x):
        return F.conv2d(x, self.kernel.permute(0, 3, 1, 2), stride=self.s, padding=self.k // 2)

class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.c1, self.n1 = Conv(in_channels, out_channels, 3, stride), nn.BatchNorm2d(out_channels)
        self.c2, self.n2 = Conv(out_channels, out_channels, 3, 1), nn.BatchNorm2d(out_channels)
        self.same = stride == 1 and in_channels == out_channels
        if not self.same:
            self.c3, self.n3 = Conv(in_channels, out_channels, 1, stride), nn.BatchNorm2d(out_channels)

    def forward(self, x):
        y = F.relu(self.n1(self.c1(x)))
        y = self.n2(self.c2(y))
        return F.relu(y + (x if self.same else self.n3(self.c3(x))))
