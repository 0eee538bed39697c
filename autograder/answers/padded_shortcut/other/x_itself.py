# Returns x.
def padded_shortcut(x, out_channels, stride):
    return x
