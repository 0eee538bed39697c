"""Residual networks: the plain ones of `course_utils.models` with one addition in every block.

They lie outside of `course_utils`, which students install and whose lessons ask them to write these blocks. Two kinds of
shortcut where shapes change (He et al. 2016, section 3.3): "projection" (option B, a 1x1 convolution with batch norm) and
"padded" (option A: every second pixel, and zeros for the channels that are new; no parameters).
"""

from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

from course_utils.models import PlainBlock, PlainDeepCNN, PlainNet18

SHORTCUTS = ("projection", "padded")


class PaddedShortcut(nn.Module):
    """Option A: (N, in, H, W) to (N, out, H/stride, W/stride), rounded up; half of the new channels on each side."""

    def __init__(self, in_channels: int, out_channels: int, stride: int):
        super().__init__()
        self.stride, more = stride, out_channels - in_channels
        self.before, self.after = more // 2, more - more // 2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.pad(x[..., :: self.stride, :: self.stride], (0, 0, 0, 0, self.before, self.after))


class ResidualBlock(PlainBlock):
    """A plain block with its shortcut: ReLU(F(x) + shortcut(x)); shapes as `PlainBlock`.

    shortcut: "projection" or "padded", where stride or channels change; else x itself. Raises ValueError for another
    word, and for a padded shortcut to fewer channels.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1, shortcut: str = "projection"):
        super().__init__(in_channels, out_channels, stride)
        if shortcut not in SHORTCUTS:
            raise ValueError(f"shortcut is {shortcut!r}; expected one of {', '.join(SHORTCUTS)}")
        if shortcut == "padded" and out_channels < in_channels:
            raise ValueError(f"padding cannot take {in_channels} channels to {out_channels}; use a projection")
        if stride == 1 and in_channels == out_channels:
            self.shortcut = nn.Identity()
        elif shortcut == "padded":
            self.shortcut = PaddedShortcut(in_channels, out_channels, stride)
        else:
            convolution = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)
            self.shortcut = nn.Sequential(convolution, nn.BatchNorm2d(out_channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(out)) + self.shortcut(x))


def resnet(n_blocks: int, shortcut: str = "projection") -> nn.Module:
    """He et al. 2016, section 4.2: 6n + 2 layers (1 + 6n convolutions), pictures (N, 3, H, W) to logits (N, 10).

    n = 3 gives ResNet-20 (0.27 M parameters), 9 ResNet-56 (0.85 M), 18 ResNet-110 (1.7 M). Raises ValueError for n
    below 1 and for an unknown shortcut.
    """
    return _with_shortcuts(PlainDeepCNN(n_blocks), shortcut)


def resnet18(shortcut: str = "projection") -> nn.Module:
    """ResNet-18 in its form for CIFAR: pictures (N, 3, H, W) to logits (N, 10), 11.2 M parameters.

    torchvision's resnet18 with a stem of one 3x3 convolution, no stride and no pooling. Raises ValueError for an unknown
    shortcut.
    """
    return _with_shortcuts(PlainNet18(), shortcut)


def _with_shortcuts(plain: nn.Module, shortcut: str) -> nn.Module:
    """`plain`, with a fresh residual block in the place of every plain block: nothing else differs."""
    residual = partial(ResidualBlock, shortcut=shortcut)
    for stage in plain.children():
        if isinstance(stage, nn.Sequential):
            for index, block in enumerate(stage):
                stage[index] = residual(block.conv1.in_channels, block.conv1.out_channels, block.conv1.stride[0])
    return plain
