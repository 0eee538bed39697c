# One conv a block.
def count_conv_layers(n_blocks):
    return 1 + 3 * n_blocks
