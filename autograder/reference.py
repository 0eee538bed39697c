"""The right answers.

Written as the lessons ask for them, and cut where wrong answers differ, so that a misconception overrides one small
piece and its difference is visible at a glance. Sources: He et al. (2016), "Deep Residual Learning for Image
Recognition", sections 3.2 (the block, option B) and 4.2 (the network for CIFAR-10).
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn


class ResidualBlock(nn.Module):
    """ReLU(F(x) + shortcut(x)), F = BN(conv(ReLU(BN(conv(x))))); (N, in, H, W) → (N, out, H/stride, W/stride)."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__()
        self.in_channels, self.out_channels, self.stride = in_channels, out_channels, stride
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.shortcut = self.make_shortcut()

    @property
    def shapes_match(self) -> bool:
        return self.stride == 1 and self.in_channels == self.out_channels

    def make_shortcut(self) -> nn.Module:
        return nn.Sequential() if self.shapes_match else self.make_projection()

    def make_projection(self) -> nn.Module:
        return nn.Sequential(
            nn.Conv2d(self.in_channels, self.out_channels, 1, stride=self.stride, bias=False),
            nn.BatchNorm2d(self.out_channels),
        )

    def first(self, x: torch.Tensor) -> torch.Tensor:
        """The first half of the main path, up to and with its ReLU."""
        return F.relu(self.bn1(self.conv1(x)))

    def second(self, x: torch.Tensor) -> torch.Tensor:
        """The second half of the main path, which ends before the addition."""
        return self.bn2(self.conv2(x))

    def residual(self, x: torch.Tensor) -> torch.Tensor:
        """F(x)."""
        return self.second(self.first(x))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.residual(x) + self.shortcut(x))


class SimpleResNet(nn.Module):
    """1 + 6n conv layers in three stages of 16, 32 and 64 channels; (N, 3, H, W) → (N, 10) logits."""

    def __init__(self, n_blocks: int, block: Callable[[int, int, int], nn.Module]):
        super().__init__()
        self.n_blocks, self.block = n_blocks, block
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.stage1 = self.make_stage(16, 16, 1)
        self.stage2 = self.make_stage(16, 32, 2)
        self.stage3 = self.make_stage(32, 64, 2)
        self.fc = nn.Linear(64, 10)

    def make_stage(self, in_channels: int, out_channels: int, stride: int) -> nn.Module:
        first = self.block(in_channels, out_channels, stride)
        return nn.Sequential(first, *(self.block(out_channels, out_channels, 1) for _ in range(self.n_blocks - 1)))

    def stem(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.bn1(self.conv1(x)))

    def stages(self, x: torch.Tensor) -> torch.Tensor:
        return self.stage3(self.stage2(self.stage1(x)))

    def head(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(x.mean(dim=(2, 3)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.stages(self.stem(x)))


def count_conv_layers(n_blocks: int) -> int:
    """The stem, and two conv layers in each of three times n blocks."""
    return 1 + 6 * n_blocks


def plain_block_parameters(in_channels: int, out_channels: int) -> int:
    """Two 3×3 conv layers without bias, two batch norms with scale and shift."""
    return 9 * in_channels * out_channels + 9 * out_channels * out_channels + 4 * out_channels


WHAT_DIFFERS = {"A": {"learning_rate"}, "B": {"n_blocks"}, "C": {"epochs", "training_pictures"}}


def accuracy_gap(histories: dict) -> float:
    """Mean over seeds of the final test accuracy in percent, residual minus plain, in percentage points."""
    finals = {name: [history.test_accuracy[-1] for history in runs] for name, runs in histories.items()}
    return sum(finals["residual"]) / len(finals["residual"]) - sum(finals["plain"]) / len(finals["plain"])


def gradient_norms(model: nn.Module) -> dict[str, float]:
    """The L2 norm of every parameter's gradient, by name; parameters without one are left out."""
    return {name: p.grad.double().norm().item() for name, p in model.named_parameters() if p.grad is not None}


def total_gradient_norm(model: nn.Module) -> float:
    """The L2 norm of all gradients together, as if they were one long vector."""
    return sum(norm**2 for norm in gradient_norms(model).values()) ** 0.5


def along(function: Callable, x: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """The derivative of `function` at x in direction v: its Jacobian times v."""
    return torch.autograd.functional.jvp(function, x, v)[1]


def filter_normalise(direction: list[torch.Tensor], weights: list[torch.Tensor]) -> list[torch.Tensor]:
    """Every filter of the direction brought to the norm of the filter in the weights (Li et al. 2018, section 4).

    One-dimensional tensors become 0, as in the code that they published; filters of zeros stay 0.
    """
    normalised = []
    for d, w in zip(direction, weights, strict=True):
        if d.ndim <= 1:
            normalised.append(torch.zeros_like(d))
            continue
        length, wanted = (t.double().flatten(1).norm(dim=1).view(-1, *[1] * (d.ndim - 1)) for t in (d, w))
        normalised.append(d * torch.where(length > 0, wanted / length, 0.0))
    return normalised


def loss_along(loss: Callable, weights: list[torch.Tensor], direction: list[torch.Tensor], alphas: list) -> list[float]:
    """The loss at weights + alpha · direction, for every alpha."""
    return [loss([w + alpha * d for w, d in zip(weights, direction, strict=True)]) for alpha in alphas]


def activation_and_gradient(
    model: nn.Module, layer: nn.Module, images: torch.Tensor, score: Callable[[torch.Tensor], torch.Tensor]
) -> tuple[torch.Tensor, torch.Tensor]:
    """What `layer` gives for `images`, and the gradient of `score(logits)` with respect to it; both (N, K, h, w)."""
    seen = []
    hook = layer.register_forward_hook(lambda module, inputs, output: seen.append(output))
    try:
        logits = model(images)
    finally:
        hook.remove()
    (gradient,) = torch.autograd.grad(score(logits), seen[0])
    return seen[0].detach(), gradient


def class_logits(classes: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
    """The sum over pictures of the logit of each picture's own class: pictures do not meet in evaluation mode."""
    return lambda logits: logits[torch.arange(len(classes)), classes].sum()


def grad_cam(model: nn.Module, layer: nn.Module, images: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Selvaraju et al. (2017), equations 1 and 2: (N, h, w), neither scaled nor enlarged."""
    activation, gradient = activation_and_gradient(model, layer, images, class_logits(classes))
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    return F.relu((weights * activation).sum(dim=1))


def multiply_adds(conv: nn.Conv2d, height: int, width: int) -> int:
    """One for each weight at each pixel of the output, for one picture; no bias, no groups, no dilation."""
    return conv.weight.numel() * out_size(conv, height, 0) * out_size(conv, width, 1)


def out_size(conv: nn.Conv2d, size: int, axis: int) -> int:
    return (size + 2 * conv.padding[axis] - conv.kernel_size[axis]) // conv.stride[axis] + 1


def padded_shortcut(x: torch.Tensor, out_channels: int, stride: int) -> torch.Tensor:
    """Option A of He et al. (2016), section 3.3: every stride-th pixel; new channels of zeros, half of them on each side."""
    more = (out_channels - x.shape[1]) // 2
    return F.pad(x[:, :, ::stride, ::stride], (0, 0, 0, 0, more, more))


def what_went_wrong(shallow, deep, margin: float) -> str:
    """Degradation is a higher training error of the deeper network (He et al. 2016, section 1); errors of the last epoch."""
    if shallow.train_accuracy[-1] - deep.train_accuracy[-1] > margin:
        return "degradation"
    if shallow.test_accuracy[-1] - deep.test_accuracy[-1] > margin:
        return "overfitting"
    return "neither"
