# Unused tensors of every kind: of a lazy layer that never runs, frozen, whole numbers, sparse.
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        # for later
        self.lazy = nn.LazyLinear(10)
        self.frozen = nn.Conv2d(3, 3, 3).requires_grad_(False)
        self.factor = nn.Parameter(torch.ones(3), requires_grad=False)
        self.steps = nn.Parameter(torch.tensor(0), requires_grad=False)
        self.register_buffer("mask", torch.eye(3).to_sparse())
        self.conv1 = nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, kernel_size=3, stride=1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)

        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out = out + self.shortcut(x)
        return F.relu(out)
