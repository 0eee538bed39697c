# Helper functions.
def conv(i, o, k=3):
    return k * k * i * o


def bn(c):
    return c + c


def plain_block_parameters(in_channels, out_channels):
    return conv(in_channels, out_channels) + conv(out_channels, out_channels) + bn(out_channels) * 2
