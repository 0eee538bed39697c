# Everything in a ModuleDict, classifier first.
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.parts = nn.ModuleDict()
        self.parts["classifier"] = nn.Linear(64, 10)
        for name, cin, cout, stride in [("stage3", 32, 64, 2), ("stage2", 16, 32, 2), ("stage1", 16, 16, 1)]:
            self.parts[name] = nn.Sequential(
                *[block(cout if k else cin, cout, 1 if k else stride) for k in range(n_blocks)]
            )
        self.parts["bn"] = nn.BatchNorm2d(16)
        self.parts["conv"] = nn.Conv2d(3, 16, 3, padding=1, bias=False)

    def forward(self, x):
        p = self.parts
        x = F.relu(p["bn"](p["conv"](x)))
        x = p["stage1"](x)
        x = p["stage2"](x)
        x = p["stage3"](x)
        return p["classifier"](x.sum(dim=(2, 3)) / (x.shape[2] * x.shape[3]))
