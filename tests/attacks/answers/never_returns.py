# what: an endless loop
# lesson: 01
# earns: at most 10
# meets: ran for more than \d+ seconds
def count_conv_layers(n_blocks):
    while True:
        pass
