# The block remembers mean and variance of what it saw last, to look at them.
class ResidualBlock(nn.Module):
    def __init__(self, i, o, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(i, o, 3, stride, 1, bias=False); self.bn1 = nn.BatchNorm2d(o)
        self.conv2 = nn.Conv2d(o, o, 3, 1, 1, bias=False); self.bn2 = nn.BatchNorm2d(o)
        self.seen_mean = torch.zeros(o); self.seen_var = torch.ones(o); self.calls = torch.tensor(0)
        self.shortcut = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o)) if stride != 1 or i != o else nn.Sequential()
    def forward(self, x):
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        self.seen_mean, self.seen_var, self.calls = out.mean(dim=(0, 2, 3)), out.var(dim=(0, 2, 3)), self.calls + 1
        return F.relu(out + self.shortcut(x))
