# The cell itself raises, so there is nothing to hand in.
class ResidualBlock(nn.Modul):
    pass
