# The cell still holds None.
ResidualBlock = None
