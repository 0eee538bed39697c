# pads the channels in replicate mode: the first and last channel are repeated
def padded_shortcut(x, out_channels, stride):
    small = x[:, :, ::stride, ::stride]
    m = (out_channels - x.shape[1]) // 2
    return torch.cat([small[:, :1]] * m + [small] + [small[:, -1:]] * m, dim=1)
