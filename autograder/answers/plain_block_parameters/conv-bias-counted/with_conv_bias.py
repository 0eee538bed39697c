# Counts biases that the convs do not have.
def plain_block_parameters(in_channels, out_channels):
    return (9 * in_channels + 1) * out_channels + (9 * out_channels + 1) * out_channels + 4 * out_channels
