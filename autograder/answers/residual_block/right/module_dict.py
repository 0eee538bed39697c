# Layers in a ModuleDict, projection first.
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        layers = {}
        if stride != 1 or in_channels != out_channels:
            layers["proj_bn"] = nn.BatchNorm2d(out_channels)
            layers["proj"] = nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False)
        layers["conv2"] = nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1, bias=False)
        layers["conv1"] = nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=stride, padding=1, bias=False)
        layers["bn2"] = nn.BatchNorm2d(out_channels)
        layers["bn1"] = nn.BatchNorm2d(out_channels)
        self.layers = nn.ModuleDict(layers)

    def forward(self, x):
        l = self.layers
        out = F.relu(l["bn1"](l["conv1"](x)))
        out = l["bn2"](l["conv2"](out))
        if "proj" in l:
            x = l["proj_bn"](l["proj"](x))
        return F.relu(out + x)
