# Counts the linear layer, too.
def count_conv_layers(n_blocks):
    return 6 * n_blocks + 2
