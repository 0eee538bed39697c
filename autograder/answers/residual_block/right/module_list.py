# Layers in ModuleLists, run in a loop.
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        channels = [in_channels, out_channels, out_channels]
        strides = [stride, 1]
        self.convs = nn.ModuleList()
        self.bns = nn.ModuleList()
        for i in range(2):
            self.convs.append(nn.Conv2d(channels[i], channels[i + 1], 3, strides[i], 1, bias=False))
            self.bns.append(nn.BatchNorm2d(channels[i + 1]))
        self.skip = nn.ModuleList()
        if stride != 1 or in_channels != out_channels:
            self.skip.append(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False))
            self.skip.append(nn.BatchNorm2d(out_channels))

    def forward(self, x):
        out = x
        for i, (conv, bn) in enumerate(zip(self.convs, self.bns)):
            out = bn(conv(out))
            if i == 0:
                out = F.relu(out)
        s = x
        for layer in self.skip:
            s = layer(s)
        return F.relu(out + s)
