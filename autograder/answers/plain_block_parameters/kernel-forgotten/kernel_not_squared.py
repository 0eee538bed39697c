# 3 in place of 3 * 3.
def plain_block_parameters(in_channels, out_channels):
    return 3 * in_channels * out_channels + 3 * out_channels**2 + 4 * out_channels
