# In and out swapped.
def plain_block_parameters(in_channels, out_channels):
    i, o = out_channels, in_channels
    return 9 * i * o + 9 * o * o + 4 * o
