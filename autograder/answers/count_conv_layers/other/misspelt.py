# Raises a NameError.
def count_conv_layers(n_blocks):
    return 1 + 6 * n_block
