# A batch norm by hand with buffers, which also remembers what it saw last, in a plain attribute.
class BN(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.g = nn.Parameter(torch.ones(c)); self.b = nn.Parameter(torch.zeros(c))
        self.register_buffer("rm", torch.zeros(c)); self.register_buffer("rv", torch.ones(c))
        self.last_mean = torch.zeros(c)
    def forward(self, x):
        self.last_mean = x.detach().mean((0, 2, 3))
        return F.batch_norm(x, self.rm, self.rv, self.g, self.b, self.training)
class ResidualBlock(nn.Module):
    def __init__(self, i, o, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(i, o, 3, stride, 1, bias=False); self.bn1 = BN(o)
        self.conv2 = nn.Conv2d(o, o, 3, 1, 1, bias=False); self.bn2 = BN(o)
        self.shortcut = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), BN(o)) if stride != 1 or i != o else nn.Sequential()
    def forward(self, x):
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + self.shortcut(x))
