# Scale and shift of each norm lie one after the other in one long vector, as in adaptive normalisation.
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels, affine=False)
        self.bn2 = nn.BatchNorm2d(out_channels, affine=False)
        self.style1 = nn.Parameter(torch.cat([torch.ones(out_channels), torch.zeros(out_channels)]))
        self.style2 = nn.Parameter(torch.cat([torch.ones(out_channels), torch.zeros(out_channels)]))
        self.shortcut = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False), nn.BatchNorm2d(out_channels)
            )

    @staticmethod
    def modulate(x, style):
        gamma, beta = style.chunk(2)
        return gamma[:, None, None] * x + beta[:, None, None]

    def forward(self, x):
        out = F.relu(self.modulate(self.bn1(self.conv1(x)), self.style1))
        out = self.modulate(self.bn2(self.conv2(out)), self.style2)
        return F.relu(out + self.shortcut(x))
