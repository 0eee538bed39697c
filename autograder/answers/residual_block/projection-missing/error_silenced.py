# The error of the addition is caught and silenced, so nothing is added where the shapes differ.
# also fits: no-shortcut
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, 3, padding=1),
            nn.BatchNorm2d(out_channels),
        )

    def forward(self, x):
        out = self.body(x)
        try:
            out = out + x
        except RuntimeError:
            # shapes do not match, skip the skip
            pass
        return torch.relu(out)
