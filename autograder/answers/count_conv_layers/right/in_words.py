# The formula, step by step.
def count_conv_layers(n_blocks):
    stem = 1
    convs_per_block = 2
    stages = 3
    total = stem + stages * n_blocks * convs_per_block
    print(f"{n_blocks} blocks a stage: {total} conv layers")
    return total
