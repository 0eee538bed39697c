# The formula.
def plain_block_parameters(in_channels, out_channels):
    return 9 * in_channels * out_channels + 9 * out_channels**2 + 4 * out_channels
