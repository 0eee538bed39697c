# There is no conv.size.
def multiply_adds(conv, height, width):
    return conv.size * height * width
