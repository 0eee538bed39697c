# what: endless output
# lesson: 01
# earns: at most 10
# meets: MemoryError|put out more than|ran for more than
def count_conv_layers(n_blocks):
    return 0


while True:
    print("x" * 100_000)
