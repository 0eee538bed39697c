# The BatchNorm of "Dive into Deep Learning" with its moving averages registered as buffers.
class BatchNorm(nn.Module):
    def __init__(self, num_features, num_dims=4):
        super().__init__()
        shape = (1, num_features, 1, 1)
        self.gamma = nn.Parameter(torch.ones(shape))
        self.beta = nn.Parameter(torch.zeros(shape))
        self.register_buffer("moving_mean", torch.zeros(shape))
        self.register_buffer("moving_var", torch.ones(shape))

    def forward(self, X, eps=1e-5, momentum=0.1):
        if not self.training:
            X_hat = (X - self.moving_mean) / torch.sqrt(self.moving_var + eps)
        else:
            mean = X.mean(dim=(0, 2, 3), keepdim=True)
            var = ((X - mean) ** 2).mean(dim=(0, 2, 3), keepdim=True)
            X_hat = (X - mean) / torch.sqrt(var + eps)
            n = X.numel() / X.shape[1]
            self.moving_mean = (1.0 - momentum) * self.moving_mean + momentum * mean.data
            self.moving_var = (1.0 - momentum) * self.moving_var + momentum * var.data * n / (n - 1)
        return self.gamma * X_hat + self.beta


class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.bn1 = BatchNorm(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.bn2 = BatchNorm(out_channels)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), BatchNorm(out_channels)
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(out)) + self.shortcut(x))
