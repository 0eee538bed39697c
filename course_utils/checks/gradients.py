"""The public checks of lesson 05, on examples that one can follow in one's head."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import torch
from torch import nn

from course_utils.checks.saying import (
    Finding,
    as_row,
    attempt,
    compare_number,
    missing_return,
    show_findings,
    what_was_seen,
)


class _ThreeParameters(nn.Module):
    """Parameters whose gradients are set by hand; the last has none."""

    def __init__(self):
        super().__init__()
        self.a = nn.Parameter(torch.tensor([10.0, 20.0]))
        self.part = nn.Module()
        self.part.b = nn.Parameter(torch.full((2, 2), 7.0))
        self.c = nn.Parameter(torch.ones(3))
        self.a.grad = torch.tensor([3.0, -4.0])
        self.part.b.grad = torch.tensor([[6.0, -6.0], [6.0, -6.0]])


_NORMS = {"a": 5.0, "part.b": 12.0}
_WORDS = {"a": "(3, -4)", "part.b": "(6, -6, 6, -6)"}


def check_gradient_norms(function: Callable[[nn.Module], Mapping[str, float]]) -> None:
    """Try `gradient_norms(model)` on a model with three parameters, one of which has no gradient."""

    def findings() -> Iterator[Finding]:
        answer, problem = attempt("gradient_norms(model)", function, _ThreeParameters())
        if problem is not None:
            hint = ": one parameter has no gradient, its .grad is None. What should happen to it?"
            yield False, problem + (hint if "NoneType" in problem else "")
            return
        if not isinstance(answer, Mapping):
            hint = missing_return(answer)
            yield False, f"gradient_norms(model) returned {what_was_seen(answer)}; expected a dict, name -> norm{hint}"
            return
        for name, expected in _NORMS.items():
            what = f"a gradient {_WORDS[name]}, of the parameter {name!r}"
            if name not in answer:
                yield False, f"{what}: the dict has no entry {name!r}; it has {', '.join(map(repr, answer)) or 'none'}"
                continue
            numbers = {25: 5, 144: 12, 7: 5, 24: 12, 1: 5, 0: 12}
            questions = dict.fromkeys(numbers, "how long is this vector?")
            yield from compare_number(what, lambda name=name: answer[name], (), expected, questions, tolerance=1e-3)
        if "c" in answer:
            yield False, "the parameter 'c' has no gradient, its .grad is None; expected no entry for it"
        else:
            yield True, "a parameter without a gradient: no entry"

    show_findings(findings())


def check_total_gradient_norm(function: Callable[[nn.Module], float]) -> None:
    """Try `total_gradient_norm(model)` on two gradients, of lengths 5 and 12, and a parameter without one."""

    def findings() -> Iterator[Finding]:
        questions = {
            17.0: "two steps, one to the east and one to the north: how far from the start are you?",
            169.0: "what is still missing after all squares are summed up?",
            12.0: "what has become of the other gradient?",
            8.5: "is anything divided when one asks for a length?",
            1.0: "do entries of opposite sign cancel?",
        }
        what = "gradients (3, -4) and (6, -6, 6, -6), and one parameter without"
        yield from compare_number(what, function, (_ThreeParameters(),), 13.0, questions, tolerance=1e-3)

    show_findings(findings())


def check_along(function: Callable) -> None:
    """Try `along(function, x, v)` on squares, whose derivative is known from school, and on a linear map."""
    x, v = torch.tensor([1.0, 2.0, -3.0]), torch.tensor([1.0, 0.0, -2.0])
    matrix = torch.tensor([[1.0, 2.0, 3.0], [0.0, 1.0, -1.0]])

    def findings() -> Iterator[Finding]:
        for what, given, expected in (
            (
                "x² in every place, at x = (1, 2, -3), along v = (1, 0, -2)",
                lambda x: x**2,
                torch.tensor([2.0, 0.0, 12.0]),
            ),
            ("a linear map from 3 numbers to 2, along the same v", lambda x: matrix @ x, torch.tensor([-5.0, 2.0])),
        ):
            answer, problem = attempt(what, function, given, x.clone(), v.clone())
            if problem is not None:
                yield False, problem
                continue
            answer = torch.from_numpy(answer) if isinstance(answer, np.ndarray) else answer
            if not isinstance(answer, torch.Tensor) or answer.shape != expected.shape:
                hint = missing_return(answer)
                yield (
                    False,
                    f"{what}: your function returned {what_was_seen(answer)}; expected {len(expected)} numbers{hint}",
                )
            elif (answer - expected).norm() <= 0.02 * expected.norm():
                yield True, f"{what}: {as_row(expected)}"
            else:
                small = answer.norm() < 0.1 * expected.norm()
                question = (
                    "what happens to it if the step is made even smaller?" if small else "how does f change there?"
                )
                yield False, f"{what}: found {as_row(answer)}; expected about {as_row(expected)}: {question}"

    show_findings(findings())
