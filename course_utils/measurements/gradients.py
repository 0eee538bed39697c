"""Lesson 05: functions of a model's gradients, and derivatives along a direction.

The models are made here with seeded values and seeded gradients, so no answer depends on a backward pass. The gradients
are signed and of several sizes, and their mean is not 0: sums, means, squares and norms of them differ widely.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from course_utils.measurements.calling import error_of, kind_of, numbers_of, text
from course_utils.measurements.tensors import as_array
from course_utils.models import PlainBlock, PlainDeepCNN
from course_utils.seeding import Draws

MAX_ENTRIES = 1000


class Tied(nn.Module):
    """Two linear layers that share one weight: it has two names and is one parameter."""

    def __init__(self):
        super().__init__()
        self.there, self.back = nn.Linear(5, 5), nn.Linear(5, 5)
        self.back.weight = self.there.weight


@dataclass(frozen=True)
class GradientCase:
    """A model, and which of its parameters have no gradient, or one of zeros (by their place in `parameters()`)."""

    id: str
    build: Callable[[], nn.Module]
    none: tuple[int, ...] = ()
    zero: tuple[int, ...] = ()

    @property
    def complete(self) -> bool:
        return not self.none


def _layers() -> nn.Module:
    return nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Linear(6, 7))


GRADIENT_CASES = (
    GradientCase("block", lambda: PlainBlock(3, 5)),
    GradientCase("layers", _layers),
    GradientCase("network", lambda: PlainDeepCNN(1)),
    GradientCase("frozen", _layers, none=(0, 3)),
    GradientCase("zeros", lambda: PlainBlock(4, 3), none=(4,), zero=(1,)),
)
TOTAL_CASES = (*GRADIENT_CASES, GradientCase("tied", Tied, none=(1,)))


def model_with_gradients(case: GradientCase, draws: Draws) -> nn.Module:
    """The model of a case with its seeded values and gradients, in training mode."""
    model = case.build().train()
    for index, parameter in enumerate(model.parameters()):
        here = draws.at(case.id, index)
        size = float(here.at("size").generator.uniform(0.5, 3.0))
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(0.3 + 0.7 * here.at("value").normal(*parameter.shape)))
        gradient = torch.from_numpy(size * (0.4 + here.at("gradient").normal(*parameter.shape)))
        if index in case.zero:
            gradient.zero_()
        parameter.grad = None if index in case.none else gradient
        parameter.requires_grad_(not (index in case.none and index % 2 == 0))  # frozen, or only without a gradient
    return model


def measure_gradient_norms(function: object, draws: Draws) -> tuple[dict, dict]:
    """Measure `gradient_norms(model)`: its names and numbers, for models with and without all gradients."""
    arrays, report = {}, {"cases": {}}
    for case in GRADIENT_CASES:
        here = report["cases"][case.id] = {"names": [], "error": None}
        numbers = []
        try:
            result = function(model_with_gradients(case, draws))
            if not isinstance(result, Mapping):
                raise TypeError(f"the function returned {kind_of(result)}; expected a dict")
            for name, value in list(result.items())[:MAX_ENTRIES]:
                here["names"].append(text(name))
                if isinstance(value, (str, bytes)):
                    raise TypeError(f"the value of {text(name)} is {kind_of(value)}; expected a number")
                numbers.append(float("nan") if value is None else float(value))
        except (Exception, SystemExit) as error:
            here["error"] = error_of(error, "call")
        arrays[case.id] = np.array(numbers, dtype=np.float64)
        here["names"] = here["names"][: len(numbers)]
    return arrays, report


def measure_total_gradient_norm(function: object, draws: Draws) -> tuple[dict, dict]:
    """Measure `total_gradient_norm(model)`."""
    values, errors = numbers_of(function, [(model_with_gradients(case, draws),) for case in TOTAL_CASES])
    return {"values": values}, {"errors": errors}


@dataclass(frozen=True)
class DirectionCase:
    """A smooth function from one shape to another. It takes either precision, and computes in double."""

    id: str
    shape: tuple[int, ...]
    output: tuple[int, ...]


DIRECTION_CASES = (
    DirectionCase("square", (3, 16), (3, 16)),
    DirectionCase("narrow", (4, 12), (4, 7)),
    DirectionCase("pictures", (1, 3, 5, 4), (1, 3, 5, 4)),
    DirectionCase("strided", (1, 2, 6, 6), (1, 5, 3, 3)),
)


def function_and_point(case: DirectionCase, draws: Draws) -> tuple[Callable, torch.Tensor, torch.Tensor]:
    """The arguments for `along(function, x, v)`: x and v are float32, of the shape of the case, as in the lesson."""
    here = draws.at(case.id)
    if len(case.shape) == 2:
        model = nn.Sequential(nn.Linear(case.shape[1], 9), nn.Tanh(), nn.Linear(9, case.output[1]))
    else:
        stride = case.shape[2] // case.output[2]
        model = nn.Sequential(
            nn.Conv2d(case.shape[1], 6, 3, stride=stride, padding=1),
            nn.Tanh(),
            nn.Conv2d(6, case.output[1], 3, padding=1),
        )
    model.double().requires_grad_(False)
    for index, parameter in enumerate(model.parameters()):
        fan_in = parameter[0].numel() if parameter.ndim > 1 else 4
        parameter.copy_(torch.from_numpy(here.at("weight", index).normal(*parameter.shape) / np.sqrt(fan_in)))
    x, v = (torch.from_numpy(here.at(what).normal(*case.shape)) for what in ("x", "v"))
    return lambda at: model(at.double()).to(at.dtype), x, v


def measure_along(function: object, draws: Draws) -> tuple[dict, dict]:
    """Measure `along(function, x, v)`: the tensors that it returns."""
    arrays, report = {}, {"errors": {}}
    for case in DIRECTION_CASES:
        try:
            arrays[case.id] = as_array(function(*function_and_point(case, draws)))
        except (Exception, SystemExit) as error:
            report["errors"][case.id] = error_of(error, "call")
    return arrays, report
