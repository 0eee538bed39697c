# The list of strides in the wrong order.
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.convs, self.norms = nn.ModuleList(), nn.ModuleList()
        for cin, s in zip([in_channels, out_channels], [1, stride]):
            self.convs.append(nn.Conv2d(cin, out_channels, 3, s, 1, bias=False))
            self.norms.append(nn.BatchNorm2d(out_channels))
        self.shortcut = nn.ModuleList(
            [nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)]
        )
        if stride == 1 and in_channels == out_channels:
            self.shortcut = nn.ModuleList()

    def forward(self, x):
        s = x
        for layer in self.shortcut:
            s = layer(s)
        x = F.relu(self.norms[0](self.convs[0](x)))
        x = self.norms[1](self.convs[1](x))
        return F.relu(x + s)
