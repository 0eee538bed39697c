# One stage.
def count_conv_layers(n_blocks):
    return 2 * n_blocks + 1
