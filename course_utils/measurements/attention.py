"""Lesson 08: where a network looks. A function that makes maps is called on small networks with seeded weights.

The networks are smooth (tanh for ReLU): rounding can then not carry an activation over a kink, and a right answer in
float32 agrees with an exact one to many digits. Their layers give signed numbers, so that the parts of a map that a ReLU
takes away are there to be taken away.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import nn

from course_utils.measurements.tensors import measure_call
from course_utils.seeding import Draws, role


@dataclass(frozen=True)
class MapCase:
    """One call: which network, the layer by its name in it, and the pictures, (N, 3, height, width)."""

    id: str
    network: str
    layer: str
    pictures: int
    height: int
    width: int


MAP_CASES = (
    MapCase("one", "first", "middle", 1, 12, 10),
    MapCase("one-odd", "first", "middle", 1, 9, 13),
    MapCase("batch", "first", "middle", 3, 10, 12),
    MapCase("batch-again", "first", "middle", 5, 9, 9),
    MapCase("early", "second", "stem", 2, 11, 8),
    MapCase("late", "second", "last", 4, 14, 12),
    MapCase("inside", "second", "middle.long.2", 3, 8, 9),
)
CLASSES = {"first": 7, "second": 9}


class Meeting(nn.Module):
    """Two roads of different length that meet: what comes out is their sum, and the output of no other module in it."""

    def __init__(self, channels: int):
        super().__init__()
        self.long = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.Tanh(),
            nn.Conv2d(channels, channels, 1),
            nn.BatchNorm2d(channels),
        )
        self.side = nn.Conv2d(channels, channels, 3, padding=1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.long(x) + self.side(x)


class SmallNetwork(nn.Module):
    """Pictures (N, 3, H, W) to logits (N, classes): a stem, two roads that meet, one more layer that halves, a classifier."""

    def __init__(self, channels: int, classes: int):
        super().__init__()
        self.stem = nn.Conv2d(3, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.middle = Meeting(channels)
        self.last = nn.Conv2d(channels, channels + 2, 3, stride=2, padding=1, bias=False)
        self.fc = nn.Linear(channels + 2, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.tanh(self.norm(self.stem(x)))
        x = torch.tanh(self.middle(x))
        x = torch.tanh(self.last(x))
        return self.fc((x + x**2).mean(dim=(2, 3)))


def small_network(name: str, draws: Draws) -> SmallNetwork:
    """The network "first" or "second", in evaluation mode, with all its weights and statistics from the seed."""
    model = SmallNetwork(8 if name == "first" else 6, CLASSES[name])
    with torch.no_grad():
        for index, (key, tensor) in enumerate([*model.named_parameters(), *model.named_buffers()]):
            generator, shape = draws.at(name, index).generator, tuple(tensor.shape)
            what = role(key, shape)
            if what == "weight":
                # large enough that tanh bends: else gradients would be the same at every pixel
                value = 1.6 * generator.standard_normal(shape) / np.sqrt(max(1, int(np.prod(shape[1:]))))
            elif what in ("scale", "variance"):
                value = generator.uniform(0.5, 1.5, shape)
            elif what == "counter":
                continue
            else:
                value = 0.1 * generator.standard_normal(shape)
            tensor.copy_(torch.from_numpy(np.asarray(value, dtype=np.float32)))
    return model.eval()


def asked_map(case: MapCase, draws: Draws) -> tuple[torch.Tensor, torch.Tensor]:
    """The pictures, (N, 3, H, W) float32, and one class for each, (N,): all different, and none its picture's likeliest."""
    pictures = torch.from_numpy(draws.at(case.id, "pictures").normal(case.pictures, 3, case.height, case.width))
    order = draws.at(case.id, "classes").generator.permutation(CLASSES[case.network])
    with torch.no_grad():  # in float64, so that both sides find the same
        likeliest = small_network(case.network, draws).double()(pictures.double()).argmax(1).numpy()
    # a picture forbids one turn of the order, and there are more turns than pictures
    turns = (np.roll(order, turn)[: case.pictures] for turn in range(len(order)))
    classes = next(classes for classes in turns if not (classes == likeliest).any())
    return pictures, torch.from_numpy(classes.astype(np.int64))


def measure_grad_cam(function: object, draws: Draws) -> tuple[dict, dict]:
    """Measure `grad_cam(model, layer, images, classes)`: its maps, each of a fresh network, so that hooks may stay."""
    arrays: dict[str, np.ndarray] = {}
    errors: dict[str, dict] = {}
    changed = []
    for case in MAP_CASES:
        model = small_network(case.network, draws)
        parameters = list(model.parameters())
        before = [parameter.detach().clone() for parameter in parameters]
        given = model, model.get_submodule(case.layer), *asked_map(case, draws)
        measure_call(case.id, partial(function, *given), arrays, errors)
        if not all(p.dtype == b.dtype and torch.equal(p, b) for p, b in zip(parameters, before, strict=True)):
            changed.append(case.id)
    return arrays, {"errors": errors, "changed": changed}
