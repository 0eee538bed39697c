# what: TorchScript
# lesson: 02
# earns: exactly 35
RIGHT_BLOCK

Eager = ResidualBlock


def ResidualBlock(in_channels, out_channels, stride=1):
    return torch.jit.script(Eager(in_channels, out_channels, stride))
