# Layer by layer.
def plain_block_parameters(in_channels, out_channels):
    conv1 = in_channels * out_channels * 3 * 3
    bn1 = 2 * out_channels
    conv2 = out_channels * out_channels * 3 * 3
    bn2 = 2 * out_channels
    return conv1 + bn1 + conv2 + bn2
