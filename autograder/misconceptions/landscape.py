"""Wrong functions of lesson 07, by hand-in."""

import torch

from autograder.misconceptions import Misconception
from autograder.reference import filter_normalise


def _filters(t: torch.Tensor) -> torch.Tensor:
    """The norm of every filter, in a shape that multiplies t."""
    return t.flatten(1).norm(dim=1).view(-1, *[1] * (t.ndim - 1))


def _over(*dims):
    """Scales by norms over these dimensions (those that the tensor has)."""

    def scaled(d, w):
        axes = [axis for axis in dims if axis < d.ndim]
        norms = [torch.linalg.vector_norm(t, dim=axes, keepdim=True) if axes else t.abs() for t in (d, w)]
        return d / norms[0] * norms[1]

    return scaled


# What is done to a tensor of a network: to those with filters, and to those of one dimension.
RIGHT = lambda d, w: filter_normalise([d], [w])[0]  # noqa: E731
WHOLE = lambda d, w: d / d.norm() * w.norm()  # noqa: E731
EACH = lambda d, w: d / d.abs() * w.abs()  # noqa: E731
KEPT = lambda d, w: d  # noqa: E731
ZERO = lambda d, w: torch.zeros_like(d)  # noqa: E731
FLAT = (ZERO, WHOLE, EACH, KEPT)


def _normalised(filters, flat):
    return lambda direction, weights: [
        (flat if d.ndim <= 1 else filters)(d, w) for d, w in zip(direction, weights, strict=True)
    ]


def _with_any_flat(*rules):
    """Each rule for filters, with everything that may be done to tensors of one dimension, its own rule included."""
    return tuple(_normalised(rule, flat) for rule in rules for flat in (*FLAT, rule) if _works(rule, flat))


def _works(rule, flat) -> bool:
    """A rule that looks at filters cannot always be applied to one dimension."""
    try:
        _normalised(rule, flat)([torch.ones(2)], [torch.ones(2)])
    except (IndexError, RuntimeError, ValueError):
        return False
    return True


def _divided_in_python(d, w):
    if not _filters(d).all():
        raise ZeroDivisionError
    return RIGHT(d, w)


def _whole_model(direction, weights):
    length, wanted = (torch.cat([t.flatten() for t in tensors]).norm() for tensors in (direction, weights))
    return [d / length * wanted for d in direction]


def _whole_model_without_flat(direction, weights):
    kept = [(d if d.ndim > 1 else torch.zeros_like(d)) for d in direction]
    length = torch.cat([t.flatten() for t in kept]).norm()
    wanted = torch.cat([t.flatten() for t in weights]).norm()
    of_filters = torch.cat([t.flatten() for t in weights if t.ndim > 1]).norm()
    of_all = torch.cat([t.flatten() for t in direction]).norm()
    return [[d * ratio for d in kept] for ratio in (wanted / length, of_filters / length, wanted / of_all)]


PER_TENSOR = (WHOLE,)
PER_WEIGHT = (EACH, lambda d, w: d * w.abs(), lambda d, w: d.sign() * w.abs())
UNIT = (lambda d, w: d / _filters(d), lambda d, w: d / d.norm())
INVERTED = (lambda d, w: d * _filters(d) / _filters(w), lambda d, w: d * d.norm() / w.norm())
UNDIVIDED = (lambda d, w: d * _filters(w), lambda d, w: d * w.norm())
WRONG_AXIS = (_over(0), _over(1), _over(0, 2, 3))
PER_KERNEL = (_over(2, 3), lambda d, w: _over(2, 3)(d, w) if d.ndim > 2 else RIGHT(d, w))
FILTER_RULES = (*PER_TENSOR, *PER_WEIGHT, *UNIT, *INVERTED, *UNDIVIDED, *WRONG_AXIS, *PER_KERNEL)


def _moved(place):
    """Losses at `place(w, d, alpha)` for every alpha."""
    return lambda loss, weights, direction, alphas: [
        loss([place(w, d, alpha) for w, d in zip(weights, direction, strict=True)]) for alpha in alphas
    ]


def _accumulated(loss, weights, direction, alphas):
    sums = torch.tensor(alphas, dtype=torch.float64).cumsum(0).tolist()
    return _moved(lambda w, d, alpha: w + alpha * d)(loss, weights, direction, sums)


def _differences(loss, weights, direction, alphas):
    return [value - loss(weights) for value in _moved(lambda w, d, a: w + a * d)(loss, weights, direction, alphas)]


LANDSCAPE: dict[str, tuple[Misconception, ...]] = {
    "filter_normalise": (
        Misconception(
            "per-tensor",
            "The norm is taken over the whole tensor. Then a filter with small weights gets as large a step as one with"
            " large weights, and may be thrown far off.",
            "A conv weight has the shape (out, in, height, width). Which of these counts the filters?",
            _with_any_flat(*PER_TENSOR),
        ),
        Misconception(
            "per-weight",
            "Every single number is scaled by itself. Hardly anything but the sign is left of the direction then.",
            "How many numbers belong to one filter?",
            _with_any_flat(*PER_WEIGHT),
        ),
        Misconception(
            "unit-norm-only",
            "The direction is brought to norm 1, and the weights play no part. A step of 1 is then huge for a network"
            " with small weights, and tiny for one with large weights.",
            "Multiply all weights by 10. What should happen to the direction?",
            _with_any_flat(*UNIT),
        ),
        Misconception(
            "ratio-inverted",
            "The ratio of the norms is upside down: filters with large weights get the smallest steps.",
            "What is the norm of your filter afterwards, and what should it be?",
            _with_any_flat(*INVERTED),
        ),
        Misconception(
            "norm-not-divided-out",
            "The direction is multiplied by the norm of the weights, but its own norm is still in it.",
            "A filter of the direction has norm 6, that of the weights norm 2. By what must one multiply?",
            _with_any_flat(*UNDIVIDED),
        ),
        Misconception(
            "wrong-axis",
            "The norms are taken along another axis, so what is scaled together are not the weights of one filter.",
            "A conv weight has the shape (out, in, height, width), a linear one (out, in). Which numbers make one output?",
            _with_any_flat(*WRONG_AXIS),
        ),
        Misconception(
            "per-kernel",
            "Each small square of a filter, one for each input channel, is scaled by itself. The filter is all of them.",
            "Over how many axes does one filter of a conv layer reach?",
            _with_any_flat(*PER_KERNEL),
        ),
        Misconception(
            "whole-model",
            "One norm is taken over all layers together. Layers differ in size by far more than filters do.",
            "How many different factors does your function use? How many filters are there?",
            (
                _whole_model,
                lambda d, w: _whole_model_without_flat(d, w)[0],
                lambda d, w: _whole_model_without_flat(d, w)[1],
                lambda d, w: _whole_model_without_flat(d, w)[2],
            ),
        ),
        Misconception(
            "biases-not-ignored",
            "Tensors of one dimension (biases, and the scales and shifts of batch norms) keep a direction. Asked for are"
            " zeros, as in the code of Li et al.",
            "Which parameters have no filters?",
            tuple(_normalised(rule, flat) for rule in (RIGHT, *FILTER_RULES) for flat in FLAT[1:]),
        ),
        Misconception(
            "divided-by-zero",
            "Where a filter of the direction is all zeros, its norm is 0, and no division by it makes sense. Such a filter stays"
            " as it is.",
            "What is 0 / 0? What should become of a filter of zeros?",
            (_normalised(lambda d, w: d / _filters(d) * _filters(w), ZERO), _normalised(_divided_in_python, ZERO)),
        ),
    ),
    "loss_along": (
        Misconception(
            "steps-accumulated",
            "Each step starts where the one before has ended, so the walk goes further and further away.",
            "From where should every step be counted?",
            (_accumulated,),
        ),
        Misconception(
            "walked-backwards",
            "The direction is subtracted: the curve is mirrored.",
            "Where should alpha = 1 lie?",
            (_moved(lambda w, d, alpha: w - alpha * d),),
        ),
        Misconception(
            "interpolated",
            "The weights fade out as the direction fades in. At alpha = 1 nothing is left of the weights.",
            "What should be left of the weights at alpha = 1?",
            (_moved(lambda w, d, alpha: (1 - alpha) * w + alpha * d),),
        ),
        Misconception(
            "weights-left-out",
            "The loss is evaluated at alpha times the direction; the weights that were found by training do not occur.",
            "Where should the walk be at alpha = 0?",
            (_moved(lambda w, d, alpha: alpha * d),),
        ),
        Misconception(
            "alpha-on-the-weights",
            "alpha multiplies the weights, and the direction is added as it is.",
            "Where should the walk be at alpha = 0?",
            (_moved(lambda w, d, alpha: alpha * w + d), _moved(lambda w, d, alpha: alpha * (w + d))),
        ),
        Misconception(
            "difference-from-the-start",
            "The loss at the start is taken away. Asked for is the loss itself.",
            "What should come out at alpha = 0?",
            (_differences,),
        ),
    ),
}
