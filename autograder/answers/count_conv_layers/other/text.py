# Returns text.
def count_conv_layers(n_blocks):
    return f"{1 + 6 * n_blocks}"
