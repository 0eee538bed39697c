# bare parameters all over: weights, and a bias on the projection alone
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.stride = stride
        self.w1 = nn.Parameter(torch.randn(out_channels, in_channels, 3, 3) * .1)
        self.w2 = nn.Parameter(torch.randn(out_channels, out_channels, 3, 3) * .1)
        self.bn1, self.bn2 = nn.BatchNorm2d(out_channels), nn.BatchNorm2d(out_channels)
        self.project = stride != 1 or in_channels != out_channels
        if self.project:
            self.w3 = nn.Parameter(torch.randn(out_channels, in_channels, 1, 1) * .1)
            self.b3 = nn.Parameter(torch.zeros(out_channels))
            self.bn3 = nn.BatchNorm2d(out_channels)
    def forward(self, x):
        out = F.relu(self.bn1(F.conv2d(x, self.w1, stride=self.stride, padding=1)))
        out = self.bn2(F.conv2d(out, self.w2, padding=1))
        if self.project:
            x = self.bn3(F.conv2d(x, self.w3, self.b3, stride=self.stride))
        return torch.relu(out + x)
