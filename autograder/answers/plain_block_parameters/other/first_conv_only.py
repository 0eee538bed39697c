# Only the first conv and its batch norm.
def plain_block_parameters(in_channels, out_channels):
    return 9 * in_channels * out_channels + 2 * out_channels
