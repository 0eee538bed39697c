# Forgets the batch norms.
def plain_block_parameters(in_channels, out_channels):
    return 9 * in_channels * out_channels + 9 * out_channels * out_channels
