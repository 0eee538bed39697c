# nn.Parameter with F.conv2d and F.batch_norm: everything by hand.
import math


class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.stride = stride
        self.w1 = nn.Parameter(torch.randn(out_channels, in_channels, 3, 3) * math.sqrt(2 / (9 * in_channels)))
        self.w2 = nn.Parameter(torch.randn(out_channels, out_channels, 3, 3) * math.sqrt(2 / (9 * out_channels)))
        self.gamma1 = nn.Parameter(torch.ones(out_channels))
        self.beta1 = nn.Parameter(torch.zeros(out_channels))
        self.gamma2 = nn.Parameter(torch.ones(out_channels))
        self.beta2 = nn.Parameter(torch.zeros(out_channels))
        self.register_buffer("mean1", torch.zeros(out_channels))
        self.register_buffer("var1", torch.ones(out_channels))
        self.register_buffer("mean2", torch.zeros(out_channels))
        self.register_buffer("var2", torch.ones(out_channels))
        self.project = stride != 1 or in_channels != out_channels
        if self.project:
            self.w3 = nn.Parameter(torch.randn(out_channels, in_channels, 1, 1) * math.sqrt(2 / in_channels))
            self.gamma3 = nn.Parameter(torch.ones(out_channels))
            self.beta3 = nn.Parameter(torch.zeros(out_channels))
            self.register_buffer("mean3", torch.zeros(out_channels))
            self.register_buffer("var3", torch.ones(out_channels))

    def forward(self, x):
        out = F.conv2d(x, self.w1, stride=self.stride, padding=1)
        out = F.batch_norm(out, self.mean1, self.var1, self.gamma1, self.beta1, training=self.training)
        out = F.relu(out)
        out = F.conv2d(out, self.w2, padding=1)
        out = F.batch_norm(out, self.mean2, self.var2, self.gamma2, self.beta2, training=self.training)
        if self.project:
            x = F.conv2d(x, self.w3, stride=self.stride)
            x = F.batch_norm(x, self.mean3, self.var3, self.gamma3, self.beta3, training=self.training)
        return F.relu(out + x)
