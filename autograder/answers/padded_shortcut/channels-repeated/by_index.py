# The old channels again from the start, by index.
def padded_shortcut(x, out_channels, stride):
    which = torch.arange(out_channels) % x.shape[1]
    return x[:, which][:, :, ::stride, ::stride]
