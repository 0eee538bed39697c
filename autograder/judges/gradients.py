"""Lesson 05: norms of gradients, and derivatives along a direction."""

import numpy as np

from autograder import reference
from autograder.diagnosis import diagnose_results, explain_error
from autograder.judges.arrays import agrees
from autograder.judges.findings import Findings, listed, quoted
from course_utils.evidence import EvidenceError
from course_utils.measurements.gradients import (
    DIRECTION_CASES,
    GRADIENT_CASES,
    TOTAL_CASES,
    function_and_point,
    model_with_gradients,
)
from course_utils.seeding import Draws

NORM_TOLERANCE = 2e-3
"""Relative, and the same absolute: float32 is within 1e-6, an answer rounded to two decimals within this."""
STEP_TOLERANCE = 0.03
"""Of the norm, in float32. Over 400 seeds, a one-sided difference was off by at most 0.023 with a step of 0.01, 0.002 with
0.001 and 0.017 with 0.00001; with 0.000001, which rounding spoils, by 0.05 in the median."""

IN_WORDS = {
    "block": "of a block",
    "layers": "of four layers",
    "network": "of a network",
    "frozen": "of a model in which some parameters have no gradient",
    "zeros": "of a block in which one parameter has no gradient, and one a gradient of zeros",
    "tied": "of a model in which two layers share a weight",
}


def _close(seen, right) -> bool:
    return bool(np.all(np.abs(np.asarray(seen) - right) <= NORM_TOLERANCE * (1 + np.abs(right))))


def judge_gradient_norms(arrays: dict, report: dict, draws: Draws) -> Findings:
    """Lesson 05: {name: norm of the gradient}."""
    findings = Findings()
    wrong: dict[str, list[str]] = {"norms-values": [], "norms-names": [], "norms-without-gradient": []}
    seen: list[dict | None] = []
    for case in GRADIENT_CASES:
        right = reference.gradient_norms(model_with_gradients(case, draws))
        here, values = report["cases"][case.id], arrays[case.id]
        call = f"gradient_norms {IN_WORDS[case.id]}"
        names = [str(name) for name in here["names"]]
        if values.shape != (len(names),) or values.dtype != np.float64:
            raise EvidenceError("there are not as many norms as names")
        found = dict(zip(names, values.tolist(), strict=True))
        seen.append(None if here["error"] else found)
        if here["error"]:
            said = f"{call} raised {quoted(here['error'])}. {explain_error(here['error'])}".strip()
            for criterion in ("norms-values", "norms-names") if case.complete else ("norms-without-gradient",):
                wrong[criterion].append(said)
            continue
        missing, extra = [n for n in right if n not in found], [n for n in found if n not in right]
        if missing or extra:
            what = f"has no entry {missing[0]}" if missing else f"has an entry {extra[0][:80]} that should not be there"
            wrong["norms-names" if case.complete else "norms-without-gradient"].append(f"{call} {what}")
        off = [name for name in right if not _close(found.get(name, float("nan")), right[name])]
        if off and case.complete:
            value = found.get(off[0])
            said = "nothing" if value is None else f"{value:.4g}, which is not right,"
            wrong["norms-values"].append(f"{call} has {said} for {off[0]}")
        elif not case.complete and not all(np.isfinite(list(found.values()))):
            wrong["norms-without-gradient"].append(f"{call} has a value that is no number")
    for criterion, troubles in wrong.items():
        findings.mark(criterion, not troubles, listed(troubles, most=1) or "Right.")
    if any(troubles for troubles in wrong.values()):
        given = lambda: [(model_with_gradients(case, draws),) for case in GRADIENT_CASES]  # noqa: E731
        findings.diagnoses += diagnose_results("gradient_norms", given, seen, _same_norms)
    return findings


def _same_norms(seen: dict, candidate: dict) -> bool:
    return seen.keys() == candidate.keys() and all(
        _close(seen[name], candidate[name]) or np.isnan([seen[name], candidate[name]]).all() for name in seen
    )


def judge_total_gradient_norm(arrays: dict, report: dict, draws: Draws) -> Findings:
    """Lesson 05: the root of the summed squares over all parameters that have a gradient, each once."""
    findings = Findings()
    models = lambda: [model_with_gradients(case, draws) for case in TOTAL_CASES]  # noqa: E731
    right = [reference.total_gradient_norm(model) for model in models()]
    seen, errors = arrays["values"], report["errors"]
    if seen.shape != (len(right),) or len(errors) != len(right):
        raise EvidenceError("wrong number of values")
    wrong: dict[str, list[str]] = {"total-all": [], "total-without-gradient": []}
    for case, value, error, norm in zip(TOTAL_CASES, seen, errors, right, strict=True):
        call = f"total_gradient_norm {IN_WORDS[case.id]}"
        criterion = "total-all" if case.complete else "total-without-gradient"
        if error:
            wrong[criterion].append(f"{call} raised {quoted(error)}. {explain_error(error)}".strip())
        elif not _close(value, norm):
            wrong[criterion].append(f"{call} returned {value:.6g}, which is not right")
    for criterion, troubles in wrong.items():
        findings.mark(criterion, not troubles, listed(troubles, most=1) or "Right.")
    if any(wrong.values()):
        findings.diagnoses += diagnose_results(
            "total_gradient_norm",
            lambda: [(model,) for model in models()],
            [None if error else value for value, error in zip(seen, errors, strict=True)],
            _close,
        )
    return findings


def judge_along(arrays: dict, report: dict, draws: Draws) -> Findings:
    """Lesson 05: the Jacobian times a direction."""
    findings, seen = Findings(), []
    wrong: dict[str, list[str]] = {"along-vectors": [], "along-pictures": []}
    for case in DIRECTION_CASES:
        there, x, v = function_and_point(case, draws)
        right = reference.along(there, x.double(), v.double()).numpy()
        call = f"along, for a function from {case.shape} to {case.output},"
        criterion = "along-vectors" if len(case.shape) == 2 else "along-pictures"
        error = report["errors"].get(case.id)
        seen.append(None if error else arrays[case.id])
        if error:
            wrong[criterion].append(f"{call} raised {quoted(error)}. {explain_error(error)}".strip())
        elif seen[-1].shape != right.shape:
            wrong[criterion].append(f"{call} returned the shape {seen[-1].shape}")
        elif not _near(seen[-1], right):
            wrong[criterion].append(
                f"{call} returned a tensor of norm {np.linalg.norm(seen[-1]):.3g}, {_off(seen[-1], right)}"
            )
    for criterion, troubles in wrong.items():
        findings.mark(criterion, not troubles, listed(troubles, most=1) or "Right.")
    if any(wrong.values()):
        given = lambda: [function_and_point(case, draws) for case in DIRECTION_CASES]  # noqa: E731
        findings.diagnoses += diagnose_results("along", given, seen, _near)
    return findings


def _near(seen: np.ndarray, right) -> bool:
    return agrees(seen, np.atleast_1d(right), STEP_TOLERANCE)  # a single number is evidence of one dimension


def _off(seen: np.ndarray, right: np.ndarray) -> str:
    if not np.isfinite(seen).all():
        return "not all of it numbers"
    length = np.linalg.norm(seen) * np.linalg.norm(right)
    cosine = float((seen * right).sum() / length) if length else 0.0
    if cosine > 0.999:
        return "with the right direction and the wrong length"
    return "with the wrong direction"
