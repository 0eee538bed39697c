# Counts the weights.
def multiply_adds(conv, height, width):
    return conv.weight.numel()
