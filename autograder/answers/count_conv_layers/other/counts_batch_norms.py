# Counts convs and batch norms.
def count_conv_layers(n_blocks):
    return 2 * (1 + 6 * n_blocks)
