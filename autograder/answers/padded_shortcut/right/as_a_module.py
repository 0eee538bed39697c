# A module is made and called; its forward does the work.
class Padded(nn.Module):
    def __init__(self, out_channels, stride):
        super().__init__()
        self.out_channels, self.stride = out_channels, stride

    def forward(self, x):
        extra = self.out_channels - x.size(1)
        if self.stride > 1:
            x = F.avg_pool2d(x, kernel_size=1, stride=self.stride)  # a window of one pixel: slicing in disguise
        if extra:
            x = F.pad(x, [0, 0, 0, 0, extra // 2, extra - extra // 2], "constant", 0)
        return x


def padded_shortcut(x, out_channels, stride):
    return Padded(out_channels, stride)(x)
