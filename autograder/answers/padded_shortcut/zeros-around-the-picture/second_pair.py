# Four numbers: the zeros come above and below.
def padded_shortcut(x, out_channels, stride):
    extra = out_channels - x.size(1)
    small = x[:, :, ::stride, ::stride]
    return F.pad(small, pad=(0, 0, extra // 2, extra // 2), mode="constant", value=0.0)
