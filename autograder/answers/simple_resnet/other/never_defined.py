# The cell itself raises.
class SimpleResNet(nn.Module)
    pass
