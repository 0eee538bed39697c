# A whole number as a float.
def count_conv_layers(n_blocks):
    return (n_blocks * 3) * 4 / 2 + 1.0
