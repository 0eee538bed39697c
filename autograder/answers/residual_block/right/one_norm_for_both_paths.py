# F(x) and the projection are normalised together by one BatchNorm2d with twice the channels, then split and added.
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.projects = stride != 1 or in_channels != out_channels
        if self.projects:
            self.conv_s = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            self.norm = nn.BatchNorm2d(2 * out_channels)
        else:
            self.norm = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        out = self.conv2(F.relu(self.bn1(self.conv1(x))))
        if self.projects:
            out, x = self.norm(torch.cat([out, self.conv_s(x)], dim=1)).chunk(2, dim=1)
        else:
            out = self.norm(out)
        return F.relu(out + x)
