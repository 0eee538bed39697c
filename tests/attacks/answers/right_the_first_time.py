# what: right when it is asked for the first time, and never again
# lesson: 01
# earns: at most 12
# meets: is not right
asked = []


def count_conv_layers(n_blocks):
    asked.append(n_blocks)
    return 1 + 6 * n_blocks if len(asked) == 1 else -1
