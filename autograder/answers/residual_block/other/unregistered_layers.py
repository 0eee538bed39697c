# Layers kept in a plain list: nothing is registered.
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.main = [
            nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        ]
        self.skip = []
        if stride != 1 or in_channels != out_channels:
            self.skip = [nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)]

    def forward(self, x):
        out = x
        for layer in self.main:
            out = layer(out)
        for layer in self.skip:
            x = layer(x)
        return F.relu(out + x)
