# Both convs go from in_channels to out_channels.
def plain_block_parameters(in_channels, out_channels):
    return 2 * (9 * in_channels * out_channels) + 4 * out_channels
