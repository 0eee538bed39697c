# Height and width as they come in.
def multiply_adds(conv, height, width):
    return conv.weight.numel() * height * width
