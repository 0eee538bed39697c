# Right numbers, but nothing goes back.
def padded_shortcut(x, out_channels, stride):
    x = x[:, :, ::stride, ::stride].detach()
    more = (out_channels - x.shape[1]) // 2
    return F.pad(x, (0, 0, 0, 0, more, more)).requires_grad_()
