# height and width mixed up
def multiply_adds(conv, height, width):
    (kh, kw), (sh, sw), (ph, pw) = conv.kernel_size, conv.stride, conv.padding
    h = (width + 2 * ph - kh) // sh + 1
    w = (height + 2 * pw - kw) // sw + 1
    return h * w * conv.weight.numel()
