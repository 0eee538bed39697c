"""Public checks of lesson 08: maps on a network that one can compute by hand, and costs that PyTorch counts itself."""

from collections.abc import Callable, Iterator

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from course_utils.checks.saying import (
    Finding,
    attempt,
    compare_number,
    missing_return,
    shape_of,
    show_findings,
    what_was_seen,
)
from course_utils.models import PlainDeepCNN


class _ByHand(nn.Module):
    """A network for pencil and paper: the layer takes every second pixel, and each logit is a weighted sum of them."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(2, 2, 1, stride=2, bias=False)
        self.readout = nn.Parameter(
            torch.tensor(
                [
                    [[[1.0, 1.0], [3.0, 3.0]], [[-2.0, 0.0], [0.0, -2.0]]],
                    [[[0.0, -4.0], [0.0, 0.0]], [[4.0, 4.0], [0.0, 0.0]]],
                    [[[6.0, 0.0], [6.0, 0.0]], [[1.0, -1.0], [2.0, -2.0]]],
                ]
            )
        )
        with torch.no_grad():
            self.layer.weight.copy_(torch.eye(2)[:, :, None, None])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (self.layer(x)[:, None] * self.readout).sum(dim=(2, 3, 4))


_PICTURES = torch.tensor(
    [[[[1.0, -2.0], [0.0, 3.0]], [[-1.0, 1.0], [2.0, 1.0]]], [[[2.0, 0.0], [1.0, -1.0]], [[1.0, 3.0], [-1.0, 0.0]]]]
)
_EACH_ITS_OWN = "does each picture get its own weights, from its own class alone?"
_BY_HAND = (
    (
        "one picture, by hand",
        (0,),
        [[[3, 0], [0, 5]]],
        (
            ([[[3, -5], [-2, 5]]], "what becomes of pixels that speak against the class?"),
            ([[[3, 0], [0, 7]]], "how many weights has one channel in equation 1?"),
            ([[[0, 0], [2, 4]]], "where do the gradients come in?"),
            ([[[0, -1], [2, 4]]], "where do the gradients come in?"),
            ([[[0, 0], [1, 2]]], "where do the gradients come in?"),
            ([[[12, 0], [0, 20]]], "is the weight of a channel a sum or a mean over its pixels?"),
            ([[[1.5, 0], [0, 2.5]]], "are the channels added up, or averaged?"),
            ([[[0.6, 0], [0, 1]]], "has the map been scaled? Leave that to the figure"),
            ([[[3, 0], [2, 13]]], "of which logit is that the gradient? Only one class was asked for"),
        ),
    ),
    (
        "two pictures, two classes",
        (0, 1),
        [[[3, 0], [0, 5]], [[0, 6], [0, 1]]],
        (
            ([[[0, 0], [1, 2]], [[1.5, 1.5], [0, 0]]], _EACH_ITS_OWN),
            ([[[0, 0], [2, 4]], [[3, 3], [0, 0]]], _EACH_ITS_OWN),
            ([[[3, 0], [0, 5]], [[3, 0], [3, 0]]], _EACH_ITS_OWN),
            ([[[3, 0], [0, 5]], [[0, 0], [0, 0]]], _EACH_ITS_OWN),
            ([[[1.5, 0], [0, 2.5]], [[0, 3], [0, 0.5]]], "should a map change when other pictures lie beside it?"),
        ),
    ),
)


def check_grad_cam(function: Callable) -> None:
    """Check `grad_cam(model, layer, images, classes)` on a network whose maps can be computed by hand, and its shapes.

    The pictures are (N, 2, 4, 4), the layer's output (N, 2, 2, 2); then a plain network, pictures (3, 3, 16, 16).
    """

    def findings() -> Iterator[Finding]:
        for what, classes, right, questions in _BY_HAND:
            model = _ByHand().eval()
            images = _PICTURES[: len(classes)].repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
            seen, problem = attempt(what, function, model, model.layer, images, torch.tensor(classes))
            yield (False, problem) if problem is not None else _same_map(what, seen, right, questions)
        plain = PlainDeepCNN(1).eval()
        what, images = "stage2 of a plain network", torch.randn(3, 3, 16, 16)
        seen, problem = attempt(what, function, plain, plain.stage2, images, torch.tensor([7, 0, 3]))
        if problem is not None:
            yield False, f"{what}: {problem}"
            return
        maps, problem = _as_tensor(what, seen)
        if problem is None and shape_of(maps) != (3, 8, 8):
            problem = (
                f"{what}: your function returned {shape_of(maps)} for pictures (3, 3, 16, 16); expected (3, 8, 8): what is"
                " the shape of the layer's output?"
            )
        yield (False, problem) if problem is not None else (True, f"{what}: pictures (3, 3, 16, 16) → maps (3, 8, 8)")

    show_findings(findings())


def _as_tensor(what: str, seen: object) -> tuple[torch.Tensor | None, str | None]:
    """The maps as a tensor; or None, and in words what came instead."""
    try:
        maps = torch.stack(list(seen)) if isinstance(seen, list | tuple) else torch.as_tensor(seen)
        return maps.detach().double(), None
    except (TypeError, ValueError, RuntimeError):
        hint = missing_return(seen)
        return None, f"{what}: your function returned {what_was_seen(seen)}; expected a tensor (N, h, w){hint}"


def _same_map(what: str, seen: object, right: list, questions: tuple) -> Finding:
    maps, problem = _as_tensor(what, seen)
    if problem is not None:
        return False, problem
    expected = torch.tensor(right, dtype=torch.float64)
    if maps.shape != expected.shape:
        return False, (
            f"{what}: your function returned the shape {shape_of(maps)}; expected {shape_of(expected)}: the layer's output is"
            f" {(len(right), 2, 2, 2)}, and the pictures are {(len(right), 2, 4, 4)}"
        )
    if torch.allclose(maps, expected, atol=1e-4):
        return True, f"{what}: {right}"
    rounded = [[[round(value, 3) for value in row] for row in one] for one in maps.tolist()]
    hints = [
        text for wrong, text in questions if torch.allclose(maps, torch.tensor(wrong, dtype=torch.float64), atol=1e-3)
    ]
    return False, f"{what}: your map is {rounded}; expected {right}" + (f": {hints[0]}" if hints else "")


def check_multiply_adds(function: Callable[[nn.Conv2d, int, int], int]) -> None:
    """Compare `multiply_adds(conv, height, width)` with half of the operations that PyTorch's own counter sees."""
    cases = (
        (nn.Conv2d(16, 16, 3, padding=1, bias=False), 32, 32),
        (nn.Conv2d(16, 32, 3, stride=2, padding=1, bias=False), 32, 32),
        (nn.Conv2d(3, 8, 5, bias=False), 9, 12),
        (nn.Conv2d(16, 32, 1, stride=2, bias=False), 7, 7),
        (nn.Conv2d(4, 8, (3, 5), stride=(2, 1), padding=(1, 0), bias=False), 9, 12),
    )

    def findings() -> Iterator[Finding]:
        for conv, height, width in cases:
            with FlopCounterMode(display=False) as counter, torch.no_grad():
                pixels = conv(torch.zeros(1, conv.in_channels, height, width))[0, 0].numel()
            expected = counter.get_total_flops() // 2
            weights = conv.weight.numel()
            questions = {
                2 * expected: "a multiplication with its addition counts as one here",
                weights * height * width: "how many pixels come out?",
                weights: "how often is each weight used?",
                pixels * conv.in_channels * conv.out_channels: "how many pixels does one kernel look at?",
                expected // conv.in_channels: "how many input channels does one output channel look at?",
                expected // conv.out_channels: "how many output channels are there?",
                expected // conv.kernel_size[0]: "how many pixels does one kernel look at?",
            }
            kernel, stride = "×".join(map(str, conv.kernel_size)), conv.stride[0]
            if conv.stride[0] != conv.stride[1]:
                stride = f"{conv.stride}, padding {conv.padding}"
            what = (
                f"{kernel} conv, {conv.in_channels} → {conv.out_channels} channels, stride {stride}, {height}×{width}"
            )
            yield from compare_number(what, function, (conv, height, width), expected, questions)

    show_findings(findings())
