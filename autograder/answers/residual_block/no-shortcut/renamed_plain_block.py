# PlainBlock under another name.
class ResidualBlock(PlainBlock):
    """A PlainBlock with a shortcut"""

    # TODO add shortcut
    pass
