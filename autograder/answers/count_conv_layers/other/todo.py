# Still a TODO.
def count_conv_layers(n_blocks):
    # TODO
    ...
