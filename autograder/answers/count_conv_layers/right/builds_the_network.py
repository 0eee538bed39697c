# Builds the network and counts.
def count_conv_layers(n_blocks):
    model = PlainDeepCNN(n_blocks)
    return sum(1 for m in model.modules() if isinstance(m, nn.Conv2d))
