# what: a block in two pieces of which one still is a TODO
# lesson: 02
# earns: at most 0
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()


# %%
def forward(self, x):
    raise NotImplementedError()
