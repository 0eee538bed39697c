# what: takes memory (at most 4 GiB) and touches it
# lesson: 01
# earns: at most 10
# meets: MemoryError|ended its kernel
blocks = []
while len(blocks) < 64:
    blocks.append(b"\1" * 2**26)


def count_conv_layers(n_blocks):
    return 0
