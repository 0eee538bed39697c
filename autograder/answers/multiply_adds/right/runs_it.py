# Runs the convolution to see what comes out.
def multiply_adds(conv, height, width):
    with torch.no_grad():
        out = conv(torch.zeros(1, conv.in_channels, height, width))
    return conv.weight.numel() * out.shape[2] * out.shape[3]
