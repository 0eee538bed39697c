# what: asks the grader for the answer
# lesson: 01
# earns: at most 10
# meets: StdinNotImplementedError
def count_conv_layers(n_blocks):
    return int(input("How many? "))
