# PlainDeepCNN under another name.
# also fits: block-argument-ignored
class SimpleResNet(PlainDeepCNN):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__(n_blocks)
