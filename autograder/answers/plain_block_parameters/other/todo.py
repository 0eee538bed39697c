# Still a TODO.
def plain_block_parameters(in_channels, out_channels):
    raise NotImplementedError("TODO 2")
