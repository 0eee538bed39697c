# F.batch_norm with parameters batch1_weight, batch1_bias.
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        o = out_channels
        self.stride = stride
        self.conv1 = nn.Conv2d(in_channels, o, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(o, o, 3, 1, 1, bias=False)
        self.keys = ["batch1", "batch2"]
        if stride != 1 or in_channels != o:
            self.conv3 = nn.Conv2d(in_channels, o, 1, stride, bias=False)
            self.keys.append("batch3")
        for k in self.keys:
            setattr(self, k + "_weight", nn.Parameter(torch.ones(o)))
            setattr(self, k + "_bias", nn.Parameter(torch.zeros(o)))
            self.register_buffer(k + "_mean", torch.zeros(o))
            self.register_buffer(k + "_var", torch.ones(o))

    def bn(self, k, x):
        return F.batch_norm(
            x,
            getattr(self, k + "_mean"),
            getattr(self, k + "_var"),
            getattr(self, k + "_weight"),
            getattr(self, k + "_bias"),
            self.training,
        )

    def forward(self, x):
        out = self.bn("batch2", self.conv2(F.relu(self.bn("batch1", self.conv1(x)))))
        return F.relu(out + (self.bn("batch3", self.conv3(x)) if hasattr(self, "conv3") else x))
