# what: numbers that have no float, and one whose text takes forever
# lesson: 01
# earns: at most 10
# meets: OverflowError
def count_conv_layers(n_blocks):
    return 10 ** (10**6) if n_blocks % 2 else float("inf")
