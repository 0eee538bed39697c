# Counts every module that has a weight.
def count_conv_layers(n_blocks):
    model = PlainDeepCNN(n_blocks)
    return sum(hasattr(m, "weight") for m in model.modules())
