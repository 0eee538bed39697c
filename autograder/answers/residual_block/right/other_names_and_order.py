# Names of one letter, made in a strange order.
class ResidualBlock(nn.Module):
    def __init__(s, i, o, stride=1):
        super().__init__()
        s.p = nn.Conv2d(i, o, 1, stride=stride, bias=False) if (i != o or stride != 1) else None
        s.d = nn.BatchNorm2d(o)
        s.b = nn.Conv2d(o, o, 3, padding=1, bias=False)
        s.q = nn.BatchNorm2d(o) if s.p is not None else None
        s.a = nn.Conv2d(i, o, 3, stride=stride, padding=1, bias=False)
        s.c = nn.BatchNorm2d(o)

    def forward(s, x):
        y = s.d(s.b(s.c(s.a(x)).relu()))
        if s.p is not None:
            x = s.q(s.p(x))
        return (x + y).relu()
