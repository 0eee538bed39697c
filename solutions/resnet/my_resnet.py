# What you built in the lessons. keep(...) writes the sections of this file, and bring(...) reads them.
# Change your classes in the notebooks rather than here: the next keep(...) replaces the section.


# >>> ResidualBlock
import torch.nn as nn
import torch.nn.functional as F


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions, and a shortcut around them: y = ReLU(F(x) + shortcut(x)).

    (N, in_channels, H, W) -> (N, out_channels, H / stride, W / stride), rounded up.
    """

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        # TODO 1: the layers of F: self.conv1, self.bn1, self.conv2, self.bn2.
        #   conv1 is 3x3, goes from in_channels to out_channels, and is the one that strides.
        #   conv2 is 3x3, goes from out_channels to out_channels.
        #   Both are padded so that they keep the border, and need no bias. Each has its own batch norm.
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        ### END SOLUTION

        # TODO 2: self.shortcut, a module. In goes x; out comes x in the shape that F(x) has.
        #   Where x has that shape already: x itself, unchanged.
        #   Where it has not (stride, channels, or both): the projection of section 3.
        ### BEGIN SOLUTION
        self.shortcut = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )
        ### END SOLUTION

    def forward(self, x):
        # TODO 3: in goes x, out comes y.
        #   First F(x), as in the equation. Then add what the shortcut makes of x. Then, and only then, the last ReLU.
        ### BEGIN SOLUTION
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out = out + self.shortcut(x)
        return F.relu(out)
# <<< ResidualBlock


# >>> SimpleResNet
import torch.nn as nn
import torch.nn.functional as F


class SimpleResNet(nn.Module):
    """Stem, three stages of `n_blocks` blocks, average, linear layer: pictures (N, 3, H, W) -> logits (N, 10)."""

    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.block = block  # a class; self.block(a, b, stride=s) makes a block

        # TODO 4: the layers of the stem, self.conv1 and self.bn1. The convolution keeps the size and needs no bias.
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        ### END SOLUTION

        # TODO 5: self.stage1, self.stage2, self.stage3, each made by self._make_stage(...), with the plan's numbers.
        ### BEGIN SOLUTION
        self.stage1 = self._make_stage(16, 16, n_blocks, stride=1)
        self.stage2 = self._make_stage(16, 32, n_blocks, stride=2)
        self.stage3 = self._make_stage(32, 64, n_blocks, stride=2)
        ### END SOLUTION

        self.avgpool = nn.AdaptiveAvgPool2d(1)  # (N, 64, any, any) -> (N, 64, 1, 1)
        self.fc = nn.Linear(64, 10)

    def _make_stage(self, in_channels, out_channels, n_blocks, stride):
        # TODO 6: return n_blocks blocks in a row, as one nn.Sequential.
        #   The first takes in_channels to out_channels, with this stride. All others keep channels and size.
        #   Every one is a block of its own, with weights of its own.
        ### BEGIN SOLUTION
        blocks = [self.block(in_channels, out_channels, stride=stride)]
        for _ in range(n_blocks - 1):
            blocks.append(self.block(out_channels, out_channels, stride=1))
        return nn.Sequential(*blocks)
        ### END SOLUTION

    def forward(self, x):
        # TODO 7: in go pictures, out come logits (no softmax: the loss does that).
        #   The stem with its ReLU, the three stages, avgpool, then flat rows (N, 64) for fc.
        ### BEGIN SOLUTION
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.stage1(out)
        out = self.stage2(out)
        out = self.stage3(out)
        out = self.avgpool(out).flatten(1)
        return self.fc(out)
# <<< SimpleResNet
