# Builds the block and counts.
def plain_block_parameters(in_channels, out_channels):
    block = PlainBlock(in_channels, out_channels)
    return sum(p.numel() for p in block.parameters() if p.requires_grad)
