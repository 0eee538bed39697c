# Goes through the parameters, leaving biases out.
def multiply_adds(conv, height, width):
    total = 0
    for name, p in conv.named_parameters():
        if "weight" in name:
            total += p.numel()
    return total
