# what: one message of 40 MB
# lesson: 01
# earns: at most 10
# meets: at once, or its output did not end
def count_conv_layers(n_blocks):
    return 0


print("x" * 40_000_000)
