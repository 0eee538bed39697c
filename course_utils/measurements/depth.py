"""Lesson 06: shortcuts without parameters, and whether a deep network's trouble is degradation or overfitting."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch

from course_utils.measurements.calling import MAX_TEXT, error_of, kind_of
from course_utils.measurements.tensors import MOST_NUMBERS, as_array, measure_call
from course_utils.seeding import Draws
from course_utils.training import History, Recipe


@dataclass(frozen=True)
class ShortcutCase:
    """One call of `padded_shortcut`: the shape of x, the channels that are asked for, and the stride."""

    id: str
    shape: tuple[int, int, int, int]
    out_channels: int
    stride: int


SHORTCUT_CASES = (
    ShortcutCase("shown", (2, 4, 8, 8), 8, 2),
    ShortcutCase("wider", (3, 6, 5, 7), 12, 1),
    ShortcutCase("a-few-more", (1, 10, 6, 4), 16, 1),
    ShortcutCase("odd", (2, 6, 9, 7), 10, 2),
    ShortcutCase("third", (2, 4, 10, 8), 12, 3),
    ShortcutCase("same", (2, 5, 6, 9), 5, 1),
    ShortcutCase("strides-only", (2, 5, 7, 9), 5, 2),
    ShortcutCase("strides-by-three", (2, 3, 8, 11), 3, 3),
)


def given_to_shortcut(case: ShortcutCase, draws: Draws) -> torch.Tensor:
    """x: signed numbers well away from zero, so that a zero that comes out was put in, float32."""
    drawn = draws.at(case.id, "x").normal(*case.shape)
    return torch.from_numpy(drawn + np.where(drawn < 0, np.float32(-0.5), np.float32(0.5)))


def cotangent(case: ShortcutCase, draws: Draws, shape: tuple[int, ...]) -> torch.Tensor:
    """What the output is multiplied with before it is summed and goes backward, float32."""
    return torch.from_numpy(draws.at(case.id, "cotangent").normal(*shape))


def measure_padded_shortcut(function: object, draws: Draws) -> tuple[dict, dict]:
    """Measure `padded_shortcut(x, out_channels, stride)`: outputs, and gradients of x."""
    arrays: dict[str, np.ndarray] = {}
    errors: dict[str, dict] = {}
    changed = []
    for case in SHORTCUT_CASES:
        x = given_to_shortcut(case, draws)
        measure_call(f"{case.id}/output", partial(function, x, case.out_channels, case.stride), arrays, errors)
        if not torch.equal(x, given_to_shortcut(case, draws)):
            changed.append(case.id)
        try:
            leaf = given_to_shortcut(case, draws).requires_grad_()
            out = function(leaf * 1.0, case.out_channels, case.stride)
            if not isinstance(out, torch.Tensor):
                raise TypeError(f"the function returned {kind_of(out)}; expected a tensor")
            if out.numel() > MOST_NUMBERS:
                raise ValueError(f"the function returned {out.numel():,} numbers")
            (out * cotangent(case, draws, tuple(out.shape))).sum().backward()
            if leaf.grad is None:
                raise RuntimeError("the result does not depend on x: no gradient reached it")
            arrays[f"{case.id}/gradient"] = as_array(leaf.grad)
        except (Exception, SystemExit) as error:
            errors[f"{case.id}/gradient"] = error_of(error, "gradient")
    return arrays, {"errors": errors, "changed": changed}


WORDS = ("degradation", "overfitting", "neither")

ALIKE = (0.55, 0.65)  # worse, but within the margin, and with a margin of 4 by more than the usual 2
# Final errors in percentage points, deep minus shallow: (training, test), far from the margin in units of it.
KINDS = {
    "worse on both": ((1.5, 4), (1.5, 4)),
    "worse in training, better in test": ((1.5, 4), (-2.5, -1.5)),
    "worse in training, alike in test": ((1.5, 4), ALIKE),
    "alike in training, worse in test": (ALIKE, (1.5, 4)),
    "better in training, worse in test": ((-2.5, -1.5), (1.5, 4)),
    "alike in both": (ALIKE, ALIKE),
    "alike in both, and in training as in test": (ALIKE, ALIKE),
    "better in both": ((-2.5, -1.5), (-2.5, -1.5)),
    "better in training, alike in test": ((-2.5, -1.5), ALIKE),
}
"""What a pair of networks may look like: the range of the difference of their final errors, in margins."""

MARGINS = (2.0, 3.0, 4.0, 4.0)


@dataclass(frozen=True)
class Pair:
    """A shallow and a deep network's histories, and the margin to judge them with."""

    kind: str
    shallow: History
    deep: History
    margin: float


def made_up_pairs(draws: Draws) -> list[Pair]:
    """Every kind of pair with every margin of `MARGINS`; what went on before the last epoch misleads.

    The best epochs say the contrary of the last ones: the deep network's is worse there where it does not end worse. The
    others are noise. In half of the pairs the deep network was trained for more epochs.
    """
    pairs = []
    for kind, ranges in KINDS.items():
        for index, margin in enumerate(MARGINS):
            generator = draws.at(kind, index).generator
            epochs = int(generator.integers(4, 9))
            final_train, final_test = generator.uniform(70, 76), generator.uniform(40, 48)
            # nearly every network's own gap, between training and test, is above every margin: it tells nothing of the
            # pair; but for one kind, where there is none, so that not everything looks like overfitting
            if "as in test" in kind:
                final_test = final_train - 0.1 * margin
            # of every kind, the deep network's final loss is once higher and once lower for either number of epochs
            losses = generator.uniform(0.1, 0.9), generator.uniform(1.1, 2)
            shallow_loss, deep_loss = losses if index in (0, 3) else losses[::-1]
            train, test = (margin * generator.uniform(*of_field) for of_field in ranges)
            best = generator.uniform(87, 90, 2)  # of the deep network in training and in test, above all ends
            higher = [margin * (0.3 if difference > margin else 2) for difference in (train, test)]
            shallow = _history(generator, epochs, (final_train, final_test), best + higher, shallow_loss)
            longer = epochs + 3 * (index % 2)
            deep = _history(generator, longer, (final_train - train, final_test - test), best, deep_loss)
            pairs.append(Pair(kind, shallow, deep, margin))
    return pairs


def _history(generator: np.random.Generator, epochs: int, ends: tuple, best: np.ndarray, loss: float) -> History:
    """A made-up run whose accuracies (training, test) end at `ends` percent and were at `best` in an earlier epoch."""
    before = generator.uniform(5, 80, (2, epochs - 1))
    before[:, generator.integers(epochs - 1)] = best
    return History(
        train_loss=(*generator.uniform(0.1, 2, epochs - 1).tolist(), float(loss)),
        train_accuracy=(*before[0].tolist(), float(ends[0])),
        test_accuracy=(*before[1].tolist(), float(ends[1])),
        learning_rate=(0.1,) * epochs,
        seconds=1.0,
        conv_layers=19,
        parameters=270_000,
        recipe=Recipe(epochs=epochs, milestones=()),
    )


def measure_what_went_wrong(function: object, draws: Draws) -> tuple[dict, dict]:
    """Measure `what_went_wrong(shallow, deep, margin)`: a word for each pair, as its place in `WORDS`, -1 for no such word."""
    places, errors = [], []
    for pair in made_up_pairs(draws):
        place, problem = -1.0, None
        try:
            answer = function(replace(pair.shallow), replace(pair.deep), pair.margin)
            if isinstance(answer, str):
                answer = str.__str__(answer)  # of a member of an enumeration, too
            word = answer[:MAX_TEXT].strip().strip("\"'.").lower() if isinstance(answer, str) else ""
            if word not in WORDS:
                said = repr(answer[:60]) if isinstance(answer, str) else kind_of(answer)
                raise ValueError(f"the function returned {said}; expected one of {', '.join(WORDS)}")
            place = float(WORDS.index(word))
        except (Exception, SystemExit) as error:
            problem = error_of(error, "call")
        places.append(place)
        errors.append(problem)
    return {"words": np.array(places)}, {"errors": errors}
