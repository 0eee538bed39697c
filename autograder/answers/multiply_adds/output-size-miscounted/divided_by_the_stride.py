# Divides by the stride and forgets padding and rounding.
def multiply_adds(conv, height, width):
    h = height // conv.stride[0]
    w = width // conv.stride[1]
    return h * w * conv.weight.numel()
