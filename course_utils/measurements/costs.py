"""Lesson 08: what a convolution costs. A function that counts is called with seeded convolutions and picture sizes."""

import torch
from torch import nn

from course_utils.measurements.calling import numbers_of
from course_utils.seeding import Draws


def asked_costs(draws: Draws) -> list[tuple[nn.Conv2d, int, int]]:
    """(convolution, height, width of what goes in): three that keep the size, five that do not, one with unequal pairs.

    The first of each kind is the one that the lesson shows. All but the last are square. Where it makes a difference,
    sizes are such that a division by the stride leaves a rest.
    """
    generator = draws.at("convolutions").generator

    def channels() -> int:
        return int(generator.integers(3, 48))

    def size() -> int:
        return 2 * int(generator.integers(4, 30)) + 1

    def small() -> int:  # a bias then weighs more than rounding in float32, even one that is counted once
        return int(generator.integers(5, 13))

    with torch.random.fork_rng(devices=[]):
        return [
            (nn.Conv2d(16, 16, 3, padding=1, bias=False), 32, 32),
            (nn.Conv2d(channels() + 50, channels(), 3, padding=1, bias=False), size(), size() + 1),
            (nn.Conv2d(channels(), channels() + 50, 5, padding=2, bias=True), small(), small() + 3),
            (nn.Conv2d(16, 32, 3, stride=2, padding=1, bias=False), 32, 32),
            (nn.Conv2d(channels(), channels() + 50, 3, stride=2, padding=1, bias=False), size(), size() + 1),
            (
                nn.Conv2d(channels(), channels() + 50, 5, stride=3, padding=1, bias=True),
                3 * small() + 2,
                3 * small() + 1,
            ),
            (nn.Conv2d(channels(), channels() + 50, 1, stride=2, bias=False), size(), size() + 1),
            (nn.Conv2d(channels(), channels() + 50, 3, bias=False), size(), size() + 1),
            (
                nn.Conv2d(channels(), channels() + 50, (3, 5), stride=(2, 1), padding=(1, 0), bias=False),
                41,  # not drawn: products of wrong sides must not meet by chance
                68,
            ),
        ]


def measure_multiply_adds(function: object, draws: Draws) -> tuple[dict, dict]:
    """Measure `multiply_adds(conv, height, width)`."""
    values, errors = numbers_of(function, asked_costs(draws))
    return {"values": values}, {"errors": errors}
