# One flat parameter vector holds every number of the block; views of it are the kernels, scales and shifts.
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.stride = stride
        o, i = out_channels, in_channels
        self.shapes = [(o, i, 3, 3), (o,), (o,), (o, o, 3, 3), (o,), (o,)]
        if stride != 1 or i != o:
            self.shapes += [(o, i, 1, 1), (o,), (o,)]
        self.sizes = [torch.Size(s).numel() for s in self.shapes]
        pieces = []
        for k, shape in enumerate(self.shapes):
            if len(shape) == 4:
                pieces.append(nn.init.kaiming_normal_(torch.empty(shape)))
            else:
                pieces.append(torch.ones(shape) if k % 3 == 1 else torch.zeros(shape))
        self.theta = nn.Parameter(torch.cat([p.flatten() for p in pieces]))
        self.register_buffer("means", torch.zeros(len(self.shapes) // 3, o))
        self.register_buffer("variances", torch.ones(len(self.shapes) // 3, o))

    def conv_bn(self, x, views, k, stride):
        w, scale, shift = views[3 * k : 3 * k + 3]
        x = F.conv2d(x, w, stride=stride, padding=w.shape[-1] // 2)
        return F.batch_norm(x, self.means[k], self.variances[k], scale, shift, self.training)

    def forward(self, x):
        views = [t.view(s) for t, s in zip(self.theta.split(self.sizes), self.shapes)]
        y = F.relu(self.conv_bn(x, views, 0, self.stride))
        y = self.conv_bn(y, views, 1, 1)
        return F.relu(y + (self.conv_bn(x, views, 2, self.stride) if len(views) > 6 else x))
