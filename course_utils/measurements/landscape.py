"""Lesson 07: functions of lists of weights and directions.

The filters of one tensor have very different norms, in the weights and in the direction, so that it shows which numbers
a norm was taken over. The losses to walk on are smooth, cheap and different along every direction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from course_utils.measurements.calling import error_of, kind_of
from course_utils.measurements.gradients import MAX_ENTRIES
from course_utils.measurements.tensors import MOST_NUMBERS, as_array
from course_utils.seeding import Draws


@dataclass(frozen=True)
class FilterCase:
    """Shapes of weights; in the first tensor, filters of zeros: in the weights, in the direction."""

    id: str
    shapes: tuple[tuple[int, ...], ...]
    zero_weight: int | None = None
    zero_direction: int | None = None


FILTER_CASES = (
    FilterCase("convs", ((6, 3, 3, 3), (4, 6, 3, 3))),
    FilterCase("linear", ((8, 5), (3, 8))),
    FilterCase("network", ((5, 3, 3, 3), (5,), (5,), (7, 5, 1, 1), (4, 7), (4,))),
    FilterCase("single", ((1, 4, 3, 3), (1, 6))),
    FilterCase("zeros", ((4, 2, 3, 3), (3, 4)), zero_weight=1, zero_direction=2),
)


def direction_and_weights(case: FilterCase, draws: Draws) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """The arguments for `filter_normalise(direction, weights)`: float32, without gradients."""
    direction, weights = [], []
    for index, shape in enumerate(case.shapes):
        here = draws.at(case.id, index)
        for what, tensors, low, high in (("d", direction, 0.4, 3.0), ("w", weights, 0.2, 5.0)):
            sizes = here.at(what, "size").generator.uniform(low, high, (shape[0],) + (1,) * (len(shape) - 1))
            tensors.append(torch.from_numpy((here.at(what).normal(*shape) * sizes).astype(np.float32)))
    if case.zero_weight is not None:
        weights[0][case.zero_weight] = 0
    if case.zero_direction is not None:
        direction[0][case.zero_direction] = 0
    return direction, weights


def measure_filter_normalise(function: object, draws: Draws) -> tuple[dict, dict]:
    """Measure `filter_normalise(direction, weights)`: the tensors that it returns."""
    arrays, report = {}, {"cases": {}}
    for case in FILTER_CASES:
        here = report["cases"][case.id] = {"returned": 0, "error": None}
        try:
            result = function(*direction_and_weights(case, draws))
            if isinstance(result, (str, bytes, dict, torch.Tensor)) or not hasattr(result, "__iter__"):
                raise TypeError(f"the function returned {kind_of(result)}; expected a list of tensors")
            tensors = []
            for value, _ in zip(result, range(MAX_ENTRIES), strict=False):
                tensors.append(as_array(value))
                if sum(tensor.size for tensor in tensors) > MOST_NUMBERS:
                    raise ValueError("the function returned far more numbers than the weights have")
            arrays |= {f"{case.id}/{index}": tensor for index, tensor in enumerate(tensors)}
            here["returned"] = len(tensors)
        except (Exception, SystemExit) as error:
            here["error"] = error_of(error, "call")
    return arrays, report


@dataclass(frozen=True)
class LineCase:
    """Shapes of the weights of a made-up loss, and at how many places on the line to evaluate it."""

    id: str
    shapes: tuple[tuple[int, ...], ...]
    steps: int


LINE_CASES = (
    LineCase("vector", ((6,),), 5),
    LineCase("matrices", ((3, 4), (5,), (2, 3, 2, 2)), 7),
    LineCase("unordered", ((4, 2), (3,)), 6),
)


def line_arguments(case: LineCase, draws: Draws) -> tuple[Callable, list, list, list[float]]:
    """The arguments for `loss_along(loss, weights, direction, alphas)`; 0 is among the alphas, in no special place."""
    here = draws.at(case.id)
    centres, curvatures, weights, direction = (
        [torch.from_numpy(here.at(what, index).normal(*shape)) for index, shape in enumerate(case.shapes)]
        for what in ("centre", "curvature", "weights", "direction")
    )
    alphas = here.at("alphas").generator.uniform(-1.5, 1.5, case.steps)
    if case.id != "unordered":
        alphas = np.sort(alphas)
    alphas[case.steps // 3] = 0.0

    def loss(at: Sequence[torch.Tensor]) -> float:
        at = list(at)
        if [tuple(tensor.shape) for tensor in at] != [tuple(tensor.shape) for tensor in centres]:
            raise ValueError("loss got tensors of other shapes than the weights have")
        total = 3.0
        for tensor, centre, curvature in zip(at, centres, curvatures, strict=True):
            tensor = torch.as_tensor(tensor).detach().double()
            total += float(
                (curvature.double().abs() * (tensor - centre) ** 2).sum() + (2 * tensor + centre).sin().sum()
            )
        return total

    return loss, weights, direction, [float(alpha) for alpha in alphas]


def measure_loss_along(function: object, draws: Draws) -> tuple[dict, dict]:
    """Measure `loss_along(loss, weights, direction, alphas)`: the losses, and the weights and direction afterwards."""
    arrays, report = {}, {"errors": {}, "went": []}
    for case in LINE_CASES:
        loss, weights, direction, alphas = line_arguments(case, draws)
        before = [tensor.clone() for tensor in (*weights, *direction)]
        losses: list[float] = []

        def noted(at: Sequence[torch.Tensor], loss=loss, losses=losses) -> float:
            value = loss(at)
            if len(losses) < MAX_ENTRIES:
                losses.append(value)
            return value

        try:
            result = function(noted, weights, direction, alphas)
            if isinstance(result, (str, bytes, dict)) or not hasattr(result, "__iter__"):
                raise TypeError(f"the function returned {kind_of(result)}; expected a list of numbers")
            values = [float(value) for value, _ in zip(result, range(MAX_ENTRIES), strict=False)]
            arrays[case.id] = np.array(values, dtype=np.float64)
        except (Exception, SystemExit) as error:
            report["errors"][case.id] = error_of(error, "call")
        if len(set(losses)) > 1:
            report["went"].append(case.id)
        after = [*weights, *direction]
        moved = (
            1e9 if len(weights) != len(direction) or len(after) != len(before) else max(map(_distance, before, after))
        )
        arrays[f"{case.id}/moved"] = np.array([moved])
    return arrays, report


def _distance(old: torch.Tensor, new: object) -> float:
    """The largest difference of two tensors; far away is what is none, or has another shape."""
    fits = isinstance(new, torch.Tensor) and new.shape == old.shape
    return float((old - new.detach()).abs().max()) if fits else 1e9
