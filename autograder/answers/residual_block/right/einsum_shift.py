# A 3x3 conv as nine shifted einsums; one (3, 3, in, out) kernel as in Keras (HWIO).
class KerasConv2D(nn.Module):
    def __init__(self, cin, filters, strides=1):
        super().__init__()
        self.kernel = nn.Parameter(torch.randn(3, 3, cin, filters) * (2 / (9 * cin)) ** 0.5)
        self.strides = strides

    def forward(self, x):
        H, W = x.shape[-2:]
        p = F.pad(x, (1, 1, 1, 1))
        y = 0
        for i in range(3):
            for j in range(3):
                y = y + torch.einsum("nchw,co->nohw", p[:, :, i:i + H:self.strides, j:j + W:self.strides], self.kernel[i, j])
        return y

class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.a = KerasConv2D(in_channels, out_channels, stride)
        self.an = nn.BatchNorm2d(out_channels)
        self.b = KerasConv2D(out_channels, out_channels)
        self.bnorm = nn.BatchNorm2d(out_channels)
        self.shortcut = None
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False), nn.BatchNorm2d(out_channels))

    def forward(self, x):
        y = self.an(self.a(x)).relu()
        y = self.bnorm(self.b(y))
        if self.shortcut is None:
            return (y + x).relu()
        return (y + self.shortcut(x)).relu()
