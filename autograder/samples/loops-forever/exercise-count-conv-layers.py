def count_conv_layers(n_blocks):
    """A loop over the blocks that forgets to count them down."""
    layers = 1
    while n_blocks > 0:
        layers += 6
    return layers
