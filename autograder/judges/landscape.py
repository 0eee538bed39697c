"""Lesson 07: filter normalisation, and the loss along a line."""

import numpy as np

from autograder import reference
from autograder.diagnosis import diagnose_results, explain_error
from autograder.judges.findings import Findings, listed, quoted
from course_utils.evidence import EvidenceError
from course_utils.measurements.landscape import FILTER_CASES, LINE_CASES, direction_and_weights, line_arguments
from course_utils.seeding import Draws

FILTER_TOLERANCE = 1e-3
"""Of the largest number in a tensor: float32 is within 1e-6, and so is a small number added to a norm."""
LINE_TOLERANCE = 1e-4
"""Relative, and the same absolute: a step in float32 moves the loss by some 1e-6."""


def judge_filter_normalise(arrays: dict, report: dict, draws: Draws) -> Findings:
    """Lesson 07: each filter of the direction as long as that of the weights; 1-D tensors zero; zeros stay zero."""
    findings = Findings()
    wrong: dict[str, list[str]] = {
        name: [] for name in ("filters-conv", "filters-linear", "filters-flat", "filters-zero")
    }
    seen: list[list | None] = []
    for case in FILTER_CASES:
        right = [tensor.numpy() for tensor in reference.filter_normalise(*direction_and_weights(case, draws))]
        here = report["cases"][case.id]
        concerned = {_criterion(case, tensor) for tensor in right}
        if here["error"]:
            seen.append(None)
            said = f"filter_normalise raised {quoted(here['error'])}. {explain_error(here['error'])}".strip()
            for criterion in concerned:
                wrong[criterion].append(said)
            continue
        count = int(here["returned"])
        if not 0 <= count <= 1000:
            raise EvidenceError("a wrong number of tensors")
        found = [arrays[f"{case.id}/{index}"] for index in range(count)]
        seen.append(found)
        if count != len(right):
            for criterion in concerned:
                wrong[criterion].append(f"{len(right)} tensors went in, and {count} came out")
            continue
        for index, (tensor, wanted) in enumerate(zip(found, right, strict=True)):
            if not _equal(tensor, wanted):
                wrong[_criterion(case, wanted)].append(_said(case, index, tensor, wanted))
    if not any(tensor.any() for found in seen if found for tensor in found):
        wrong["filters-flat"].append("everything is zero, not only the tensors of one dimension")
    for criterion, troubles in wrong.items():
        findings.mark(criterion, not troubles, listed(troubles, most=1) or "Right.")
    if any(wrong.values()):
        given = lambda: [direction_and_weights(case, draws) for case in FILTER_CASES]  # noqa: E731
        findings.diagnoses += diagnose_results("filter_normalise", given, seen, _same)
    return findings


def _criterion(case, tensor: np.ndarray) -> str:
    if case.zero_weight is not None or case.zero_direction is not None:
        return "filters-zero"
    return {1: "filters-flat", 2: "filters-linear"}.get(tensor.ndim, "filters-conv")


def _equal(seen: np.ndarray, right: np.ndarray) -> bool:
    if seen.shape != right.shape:
        return False
    return bool(np.all(np.abs(seen - right) <= FILTER_TOLERANCE * max(1e-3, np.abs(right).max())))


def _said(case, index: int, seen: np.ndarray, right: np.ndarray) -> str:
    what = f"for a tensor of shape {case.shapes[index]}"
    if seen.shape != right.shape:
        return f"{what} a tensor of shape {seen.shape} came out"
    if not np.isfinite(seen).all():
        return f"{what} some of what came out is no number"
    if right.ndim == 1:
        return f"{what} the numbers that came out are not what was asked for"
    norms, wanted = (np.linalg.norm(t.reshape(len(t), -1), axis=1) for t in (seen, right))
    off = int(np.abs(norms - wanted).argmax())
    if np.abs(norms - wanted).max() <= FILTER_TOLERANCE * wanted.max():
        return f"{what} the filters have the right norms and the wrong directions"
    return f"{what} the filter {off} has the norm {norms[off]:.3g}, which is not right"


def _same(seen: list, candidate: list) -> bool:
    """Whether all that is a number on both sides agrees, and that is most of it."""
    candidate = [np.asarray(tensor) for tensor in candidate]
    if [tensor.shape for tensor in seen] != [tensor.shape for tensor in candidate]:
        return False
    for one, other in zip(seen, candidate, strict=True):
        numbers = np.isfinite(one) & np.isfinite(other)
        if numbers.mean() < 0.5 or not _equal(np.where(numbers, one, 0), np.where(numbers, other, 0)):
            return False
    return True


def judge_loss_along(arrays: dict, report: dict, draws: Draws) -> Findings:
    """Lesson 07: the losses at weights + alpha · direction, in order; weights and direction stay as they were."""
    findings, seen = Findings(), []
    wrong: dict[str, list[str]] = {"line-values": [], "line-unchanged": []}
    for case in LINE_CASES:
        loss, weights, direction, alphas = line_arguments(case, draws)
        right = np.array(reference.loss_along(loss, weights, direction, alphas))
        error = report["errors"].get(case.id)
        seen.append(None if error else arrays[case.id])
        if error:
            said = f"loss_along raised {quoted(error)}. {explain_error(error)}".strip()
            wrong["line-values"].append(said)
            wrong["line-unchanged"].append(said)
            continue
        if seen[-1].shape != right.shape:
            wrong["line-values"].append(f"{len(alphas)} alphas went in, and {seen[-1].size} losses came out")
        elif not _on_line(seen[-1], right):
            off = int(np.nanargmax(np.nan_to_num(np.abs(seen[-1] - right), nan=np.inf)))
            wrong["line-values"].append(f"at alpha = {alphas[off]:.3g} the loss {seen[-1][off]:.5g} is not right")
        moved = arrays[f"{case.id}/moved"]
        if moved.shape != (1,) or not moved[0] <= 1e-5:
            wrong["line-unchanged"].append("after the call the weights or the direction are not what they were before")
        elif case.id not in report["went"]:  # whoever never went anywhere has not come back, either
            wrong["line-unchanged"].append("the loss was never asked for at two different places")
    for criterion, troubles in wrong.items():
        findings.mark(criterion, not troubles, listed(troubles, most=1) or "Right.")
    if any(wrong.values()):
        given = lambda: [line_arguments(case, draws) for case in LINE_CASES]  # noqa: E731
        findings.diagnoses += diagnose_results("loss_along", given, seen, _on_line)
    return findings


def _on_line(seen: np.ndarray, right) -> bool:
    right = np.asarray(right, dtype=np.float64)
    return seen.shape == right.shape and bool(np.all(np.abs(seen - right) <= LINE_TOLERANCE * (1 + np.abs(right))))
