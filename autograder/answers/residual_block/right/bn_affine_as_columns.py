# Batch norm without affine, then shift and scale from the two columns of one parameter for each norm of the block.
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        needs = stride != 1 or in_channels != out_channels
        self.convs = nn.ModuleList(
            [
                nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False),
                nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False),
            ]
        )
        if needs:
            self.convs.append(nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False))
        self.norms = nn.ModuleList(nn.BatchNorm2d(out_channels, affine=False) for _ in self.convs)
        start = torch.tensor([0.0, 1.0]).repeat(out_channels, 1)
        self.shift_and_scale = nn.ParameterList(nn.Parameter(start.clone()) for _ in self.convs)

    def layer(self, i, x):
        shift, scale = (column.view(1, -1, 1, 1) for column in self.shift_and_scale[i].unbind(dim=1))
        return self.norms[i](self.convs[i](x)) * scale + shift

    def forward(self, x):
        out = self.layer(1, torch.relu(self.layer(0, x)))
        shortcut = self.layer(2, x) if len(self.convs) == 3 else x
        return torch.relu(out + shortcut)
