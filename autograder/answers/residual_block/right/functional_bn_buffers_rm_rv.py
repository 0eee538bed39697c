# F.batch_norm with buffers that are called rm1, rv1, ...
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.need = stride != 1 or in_channels != out_channels
        if self.need:
            self.convs = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
        for k in ("1", "2") + (("s",) if self.need else ()):
            self.register_parameter("g" + k, nn.Parameter(torch.ones(out_channels)))
            self.register_parameter("b" + k, nn.Parameter(torch.zeros(out_channels)))
            self.register_buffer("rm" + k, torch.zeros(out_channels))
            self.register_buffer("rv" + k, torch.ones(out_channels))

    def bn(self, x, k):
        g = lambda n: getattr(self, n + k)
        return F.batch_norm(x, g("rm"), g("rv"), g("g"), g("b"), self.training)

    def forward(self, x):
        out = self.bn(self.conv2(self.bn(self.conv1(x), "1").relu()), "2")
        return (out + (self.bn(self.convs(x), "s") if self.need else x)).relu()
