# Max pooling with a kernel of 1, and zeros by multiplication.
def padded_shortcut(x, out_channels, stride):
    print("shortcut", tuple(x.shape))
    y = nn.MaxPool2d(1, stride)(x)
    missing = out_channels - y.shape[1]
    if missing == 0:
        return y
    blank = 0 * y[:, :1].repeat(1, missing // 2, 1, 1)
    return torch.cat((blank, y, blank), 1)
