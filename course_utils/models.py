"""The plain networks that the course starts from: stacks of 3x3 convolutions with nothing to skip.

`PlainBlock` and `PlainDeepCNN` mirror, layer for layer and name for name, the `ResidualBlock` and `SimpleResNet` that
students write. So one line, `out = out + self.shortcut(x)`, is all that tells the two families apart. The shape of the
network (a stem and three stages of n blocks with 16, 32 and 64 channels) is that of He et al. 2016, section 4.2.
"""

import torch
import torch.nn.functional as F
from torch import nn


class PlainBlock(nn.Module):
    """Two 3x3 convolutions, each with batch norm and ReLU: a residual block without its shortcut.

    Maps (N, in_channels, H, W) to (N, out_channels, H/stride, W/stride), rounded up. The first convolution strides.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__()
        # No biases: the batch norm that follows subtracts the mean, and with it any constant.
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        return out


class PlainDeepCNN(nn.Module):
    """A plain network, from pictures (N, 3, H, W) to logits (N, 10).

    A stem, three stages of `n_blocks` plain blocks (16, 32, 64 channels; the second and third halve the picture),
    the average over what is left of the picture, and one linear layer: He et al. 2016, section 4.2, without shortcuts.
    Raises ValueError when a stage would be empty.
    """

    def __init__(self, n_blocks: int = 3):
        super().__init__()
        if n_blocks < 1:
            raise ValueError(f"n_blocks is {n_blocks}; a stage needs at least 1 block")
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.stage1 = self._make_stage(16, 16, n_blocks, stride=1)
        self.stage2 = self._make_stage(16, 32, n_blocks, stride=2)
        self.stage3 = self._make_stage(32, 64, n_blocks, stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(64, 10)

    def _make_stage(self, in_channels: int, out_channels: int, n_blocks: int, stride: int) -> nn.Sequential:
        """`n_blocks` blocks in a row; only the first one strides and changes the number of channels."""
        first = PlainBlock(in_channels, out_channels, stride)
        rest = [PlainBlock(out_channels, out_channels) for _ in range(n_blocks - 1)]
        return nn.Sequential(first, *rest)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.stage3(self.stage2(self.stage1(out)))
        return self.fc(self.avgpool(out).flatten(1))


class PlainNet18(nn.Module):
    """ResNet-18 in its form for CIFAR, without shortcuts: pictures (N, 3, H, W) to logits (N, 10); 11.0 M parameters.

    A stem of one 3x3 convolution that neither strides nor pools, so that pictures of 32x32 do not shrink at once, then
    four stages of two plain blocks (64, 128, 256, 512 channels; each but the first halves the picture), the average over
    what is left, and one linear layer: He et al. 2016, table 1, with the stem of their section 4.2. 17 convolutions.

    width: channels of the first stage; the others have 2, 4 and 8 times as many. A width of 16 costs about a sixteenth.
    Raises ValueError for a width below 1.
    """

    def __init__(self, width: int = 64):
        super().__init__()
        if width < 1:
            raise ValueError(f"width is {width}; the first stage needs at least 1 channel")
        self.conv1 = nn.Conv2d(3, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.stage1 = self._make_stage(width, width, stride=1)
        self.stage2 = self._make_stage(width, 2 * width, stride=2)
        self.stage3 = self._make_stage(2 * width, 4 * width, stride=2)
        self.stage4 = self._make_stage(4 * width, 8 * width, stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(8 * width, 10)

    def _make_stage(self, in_channels: int, out_channels: int, stride: int) -> nn.Sequential:
        """Two blocks; only the first one strides and changes the number of channels."""
        return nn.Sequential(PlainBlock(in_channels, out_channels, stride), PlainBlock(out_channels, out_channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.stage4(self.stage3(self.stage2(self.stage1(out))))
        return self.fc(self.avgpool(out).flatten(1))


def count_parameters(model: nn.Module) -> int:
    """How many numbers training adjusts: the elements of all trainable parameters, shared ones counted once."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def count_main_path_convs(model: nn.Module) -> int:
    """How many convolutions a picture passes on the main path: all `Conv2d` outside of modules named `shortcut`."""
    return sum(
        isinstance(module, nn.Conv2d) and "shortcut" not in name.split(".") for name, module in model.named_modules()
    )
