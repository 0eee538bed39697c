# Counts in loops.
def count_conv_layers(n_blocks):
    count = 1  # conv1
    for stage in range(3):
        for block in range(n_blocks):
            for conv in ("conv1", "conv2"):
                count += 1
    return count
