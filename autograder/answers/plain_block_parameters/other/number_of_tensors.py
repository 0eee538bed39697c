# Counts tensors, not numbers.
def plain_block_parameters(in_channels, out_channels):
    return len(list(PlainBlock(in_channels, out_channels).parameters()))
