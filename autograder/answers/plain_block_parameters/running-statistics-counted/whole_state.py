# All of the state, counters included.
def plain_block_parameters(in_channels, out_channels):
    return sum(t.numel() for t in PlainBlock(in_channels, out_channels).state_dict().values())
