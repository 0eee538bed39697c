"""The public checks of lesson 07, on filters that one can follow in one's head."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import torch

from course_utils.checks.saying import Finding, as_row, attempt, missing_return, show_findings, what_was_seen


def check_filter_normalise(function: Callable) -> None:
    """Try `filter_normalise(direction, weights)` on a conv layer with three small filters, a linear row, and a bias."""
    direction = [
        torch.tensor([[0.0, 2.0], [6.0, -8.0], [0.0, 0.0]]).view(3, 2, 1, 1),
        torch.tensor([[1.0, 0.0, 0.0]]),
        torch.tensor([7.0, 7.0, 7.0]),
    ]
    weights = [
        torch.tensor([[3.0, 4.0], [1.0, 0.0], [5.0, 0.0]]).view(3, 2, 1, 1),
        torch.tensor([[2.0, 2.0, 1.0]]),
        torch.tensor([1.0, 2.0, 3.0]),
    ]
    rows = (
        ("filter (0, 2) of the direction, (3, 4) of the weights", 0, 0, (0.0, 5.0)),
        ("filter (6, -8) of the direction, (1, 0) of the weights", 0, 1, (0.6, -0.8)),
        ("a filter of zeros in the direction", 0, 2, (0.0, 0.0)),
        ("row (1, 0, 0) of a linear layer, (2, 2, 1) in the weights", 1, 0, (3.0, 0.0, 0.0)),
        ("a bias", 2, None, (0.0, 0.0, 0.0)),
    )

    def findings() -> Iterator[Finding]:
        given = [t.clone() for t in direction], [t.clone() for t in weights]
        answer, problem = attempt("filter_normalise(direction, weights)", function, *given)
        if problem is not None:
            yield False, problem
            return
        if isinstance(answer, torch.Tensor) or not isinstance(answer, Sequence):
            hint = missing_return(answer)
            yield False, f"filter_normalise returned {what_was_seen(answer)}; expected a list of tensors{hint}"
            return
        shapes, wanted = [tuple(getattr(one, "shape", ())) for one in answer], [tuple(one.shape) for one in direction]
        if shapes != wanted:
            found = ", ".join(map(str, shapes)) or "nothing"
            yield False, f"tensors of the shapes {', '.join(map(str, wanted))} went in; found {found}"
            return
        answer = [torch.as_tensor(one) for one in answer]
        for what, index, row, expected in rows:
            numbers = answer[index].detach().flatten(1)[row] if row is not None else answer[index].detach()
            wanted = torch.tensor(expected).to(numbers)
            if torch.allclose(numbers, wanted, atol=1e-4):
                yield True, f"{what}: {as_row(wanted)}"
            else:
                yield False, f"{what}: found {as_row(numbers)}; expected {as_row(wanted)}: {_question(numbers, wanted)}"

    show_findings(findings())


def _question(numbers: torch.Tensor, wanted: torch.Tensor) -> str:
    if not numbers.isfinite().all():
        return "what is 0 / 0?"
    if not wanted.any():
        return "what should become of it?"
    return f"its norm is {numbers.norm():.3g}; over which numbers did you take the norms?"


def check_loss_along(function: Callable) -> None:
    """Try `loss_along(loss, weights, direction, alphas)` on a loss of two weights: the sum of their squares."""
    weights, direction = [torch.tensor([1.0]), torch.tensor([[0.0]])], [torch.tensor([2.0]), torch.tensor([[1.0]])]
    alphas, expected = (-1.0, 0.0, 1.0, 2.0), (2.0, 1.0, 10.0, 29.0)

    def loss(at: Sequence[torch.Tensor]) -> float:
        return float(sum(tensor.square().sum() for tensor in at))

    def findings() -> Iterator[Finding]:
        given = [t.clone() for t in weights], [t.clone() for t in direction]
        answer, problem = attempt("loss_along(loss, weights, direction, alphas)", function, loss, *given, alphas)
        if problem is not None:
            yield False, problem
            return
        try:
            values = [float(value) for value in islice(answer, 1000)]
        except (TypeError, ValueError, RuntimeError):
            hint = missing_return(answer)
            yield False, f"loss_along returned {what_was_seen(answer)}; expected a list of numbers{hint}"
            return
        if len(values) != len(alphas):
            yield False, f"{len(alphas)} alphas went in, and {len(values)} losses came out"
            return
        for alpha, value, wanted in zip(alphas, values, expected, strict=True):
            if abs(value - wanted) < 1e-3:
                yield True, f"weights (1, 0), direction (2, 1), alpha = {alpha:g}: {wanted:g}"
            else:
                yield (
                    False,
                    f"weights (1, 0), direction (2, 1), alpha = {alpha:g}: found {value:.4g}, expected {wanted:g}: "
                    f"at which weights should the loss be evaluated?",
                )
        still = len(given[0]) == len(weights) and all(map(torch.equal, given[0], weights))
        yield (
            still,
            "the weights are afterwards as they were" if still else "the weights have changed: who moved them?",
        )

    show_findings(findings())
