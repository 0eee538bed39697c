"""The loss as a function of the weights: what a walk through the space of weights needs, but for the walk itself.

Weights and directions are lists of tensors, in the order of `model.parameters()`. `loss_of` turns a network and some
pictures into a function from such a list to a number. A batch norm's statistics belong to the weights that they were
gathered with; so by default every point gets its own, from the pictures themselves, as training computes them. With the
statistics of the trained weights instead (`statistics="fixed"`), a point far away is judged by numbers that no longer
fit it, and much of what one sees is that.
"""

import copy
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import nn

STATISTICS = ("own", "fixed")


def weights_of(model: nn.Module) -> list[torch.Tensor]:
    """A copy of all parameters, in the order of `model.parameters()`, without gradients."""
    return [parameter.detach().clone() for parameter in model.parameters()]


def random_direction(weights: Sequence[torch.Tensor], seed: int) -> list[torch.Tensor]:
    """One tensor of standard normal numbers for each of `weights`, of its shape; drawn on the CPU, on its device."""
    generator = torch.Generator("cpu").manual_seed(seed)
    return [torch.randn(tensor.shape, generator=generator, device="cpu").to(tensor) for tensor in weights]


def loss_of(
    model: nn.Module, images: torch.Tensor, labels: torch.Tensor, statistics: str = "own"
) -> Callable[[Sequence[torch.Tensor]], float]:
    """The mean cross-entropy of `model` on these pictures, in nats, as a function of a list of weights.

    images: (N, 3, H, W); labels: (N,). statistics: of the batch norms: "own" (of these pictures, at every point anew) or
    "fixed" (the running ones that the model has now). The model itself is neither changed nor needed any more.
    Raises ValueError for another word, and from the function for a list that does not fit.
    """
    if statistics not in STATISTICS:
        raise ValueError(f"statistics is {statistics!r}; expected one of {', '.join(STATISTICS)}")
    network = copy.deepcopy(model).train(statistics == "own").requires_grad_(False)
    parameters = list(network.parameters())

    @torch.no_grad()
    def loss(weights: Sequence[torch.Tensor]) -> float:
        shapes = [tuple(p.shape) for p in parameters]
        if [tuple(tensor.shape) for tensor in weights] != shapes:
            raise ValueError(
                f"expected {len(shapes)} tensors in the shapes of the parameters, as weights_of gives them"
            )
        for parameter, tensor in zip(parameters, weights, strict=True):
            parameter.copy_(tensor)
        return F.cross_entropy(network(images), labels).item()

    return loss


def loss_on_grid(
    line: Callable,
    loss: Callable[[Sequence[torch.Tensor]], float],
    weights: Sequence[torch.Tensor],
    one: Sequence[torch.Tensor],
    other: Sequence[torch.Tensor],
    alphas: Sequence[float],
) -> list[list[float]]:
    """The loss on the plane that two directions span: a row for each step along `other`, each walked along `one`.

    line(loss, weights, direction, alphas) walks one row: the `loss_along` that a student wrote.
    """
    rows = []
    for beta in alphas:
        start = [torch.add(tensor, step, alpha=float(beta)) for tensor, step in zip(weights, other, strict=True)]
        rows.append([float(value) for value in line(loss, start, one, alphas)])
    return rows
