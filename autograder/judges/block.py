"""Lesson 02: does a block compute ReLU(F(x) + shortcut(x)), in every configuration, mode and direction?"""

from collections.abc import Callable

import numpy as np
import torch

from autograder import reference
from autograder.diagnosis import diagnose_block, explain_error
from autograder.judges.findings import Findings, advise, listed, measured_case, parameters_in_use, quoted, trained
from autograder.matching import Agreement, Measured, fill, layers_of
from autograder.recutting import agreements
from course_utils.measurements.modules import BLOCK_CASES, SHAPE_CASES
from course_utils.measurements.short_training import TRAINING_CLASSES, BlockRig, train_shortly
from course_utils.seeding import Draws, training_value


def judge_residual_block(arrays: dict, report: dict, draws: Draws) -> Findings:
    """All criteria of lesson 02."""
    findings = Findings()
    measured = {case.id: measured_case(case, case.in_channels, arrays, report, draws) for case in BLOCK_CASES}
    matches = agreements({case.id: _block_reference(case) for case in BLOCK_CASES}, measured)
    measured = {name: match.measured or measured[name] for name, match in matches.items()}
    _block_shapes(findings, report["shapes"], arrays)
    _block_parameters(findings, measured)
    for criterion, same in (("shortcut-identity", True), ("shortcut-projection", False)):
        cases = [case for case in BLOCK_CASES if shapes_match(case) == same]
        _block_function(findings, criterion, [measured[case.id] for case in cases], matches)
    right = [case for case in BLOCK_CASES if matches[case.id].train]
    _where_right(findings, "eval-mode", right, [case for case in right if not matches[case.id].eval], "evaluation mode")
    still = [case for case in right if _statistics_stand_still(measured[case.id], matches[case.id])]
    if still and findings.marks["eval-mode"][0]:
        said = "the running statistics are the same before and after a batch in training mode"
        findings.mark("eval-mode", False, f"{_call(still[0])}: {said}, so in evaluation mode nothing learnt is used.")
    cut = [case for case in right if not matches[case.id].gradients]
    _where_right(findings, "gradients", right, cut, "gradients")
    for case in cut[:1]:
        error = measured[case.id].error("gradients")
        if error:
            findings.mark("gradients", False, f"{_call(case)}: going backward raised {quoted(error)}.")
    findings.mark("training", *_block_training(arrays, report, draws, measured, matches))
    if not all(match.outputs for match in matches.values()) or any(here.input_changed for here in measured.values()):
        findings.diagnoses += diagnose_block(measured)
    if not cut and len(right) == len(BLOCK_CASES):
        advise(findings, list(measured.values()))
    if report["library"]:
        findings.notes.append(f"This block comes from {str(report['library'])[:80]}; it is judged by what it does.")
    return findings


def _call(case) -> str:
    return f"ResidualBlock({case.in_channels}, {case.out_channels}, stride={case.stride})"


def _block_reference(case) -> Callable[[], reference.ResidualBlock]:
    return lambda: reference.ResidualBlock(case.in_channels, case.out_channels, case.stride)


def shapes_match(case) -> bool:
    return case.stride == 1 and case.in_channels == case.out_channels


def _block_shapes(findings: Findings, shapes: dict, arrays: dict) -> None:
    for criterion, prefix in (("shapes-shown", "shown"), ("shapes-unseen", "unseen")):
        wrong = []
        for case in SHAPE_CASES:
            if case.id.startswith(prefix):
                pictures, height, width = case.shape
                expected = [pictures, case.out_channels, -(-height // case.stride), -(-width // case.stride)]
                seen = shapes[case.id]
                given = (pictures, case.in_channels, height, width)
                if isinstance(seen, dict):
                    wrong.append(f"{_call(case)} on {given} raised {quoted(seen)}")
                elif list(seen) != expected:
                    wrong.append(f"{_call(case)} on {given} returned {tuple(seen)}; expected {tuple(expected)}")
        findings.mark(criterion, not wrong, listed(wrong) or "All shapes are right.")


def _block_parameters(findings: Findings, measured: dict[str, Measured]) -> None:
    wrong = []
    for here in measured.values():
        expected = sum(p.numel() for p in _block_reference(here.case)().parameters())
        error = here.error("build")
        if error:
            wrong.append(f"{_call(here.case)} raised {quoted(error)}")
        else:
            seen = parameters_in_use(here)
            if seen != expected:
                wrong.append(f"{_call(here.case)} has {seen} parameters in use; expected {expected}")
    findings.mark("parameter-count", not wrong, listed(wrong) or "The number of parameters is right everywhere.")


def _block_function(findings: Findings, criterion: str, cases: list[Measured], matches: dict[str, Agreement]) -> None:
    goal = "ReLU(F(x) + x)" if criterion == "shortcut-identity" else "ReLU(F(x) + projection(x))"
    wrong = [here for here in cases if not matches[here.case.id].train]
    if not wrong:
        findings.mark(criterion, True, f"The output is {goal}, for any parameters.")
        return
    messages = []
    for here in wrong:
        error = here.error("build", "train")
        if error:
            messages.append(f"{_call(here.case)} raised {quoted(error)}. {explain_error(error)}".strip())
        else:
            messages.append(f"{_call(here.case)}: {_what_it_does(here, matches[here.case.id], goal)}")
    findings.mark(criterion, False, listed(messages))


def _what_it_does(here: Measured, match: Agreement, goal: str) -> str:
    """What was measured of a block that is not right, as precisely as it can be said."""
    seen = here.arrays["train/output"]
    height, width = (-(-size // here.case.stride) for size in here.case.shape[1:])
    expected_shape = (here.case.shape[0], here.case.out_channels, height, width)
    if seen.shape != expected_shape:
        return f"the output has shape {seen.shape}; expected {expected_shape}"
    if not np.isfinite(seen).all():
        return "the output holds NaN or infinite numbers"
    said = f"the output differs from {goal}"
    if np.isfinite(match.deviation):
        said += f" by up to {match.deviation:.2g} times its size"
    layers = next(layers_of(here.tensors), None)
    counts = [sum(layer.kind.startswith(kind) for layer in layers or []) for kind in ("weighted", "norm")]
    needed = [2, 2] if shapes_match(here.case) else [3, 3]
    if layers is not None and counts != needed:
        said += f"; it uses {counts[0]} conv layers and {counts[1]} batch norms, expected {needed[0]} and {needed[1]}"
    zero = here.arrays.get("zero/output")
    if zero is not None and shapes_match(here.case):
        found = _zeroed(zero, here.pictures("eval"))
        if found != "ReLU(x)":
            said += f"; with F forced to zero it should return ReLU(x), and returned {found}"
    if (seen < -1e-6).any():
        said += "; it is negative in places, which nothing is after a ReLU"
    return said


def _zeroed(zero: np.ndarray, x: np.ndarray) -> str:
    """What a block gives where all of its parameters are zero, in terms of its input x."""
    if zero.shape != x.shape or not np.isfinite(zero).all():
        return "something else"
    if np.abs(zero).max() < 1e-6:
        return "0"
    for name, basis in (("ReLU(x)", np.maximum(x, 0)), ("x", x), ("ReLU(−x)", np.maximum(-x, 0))):
        factor = float((zero * basis).sum() / np.square(basis).sum())
        if np.abs(zero - factor * basis).max() < 1e-4:
            return name if abs(factor - 1) < 1e-4 else f"{factor:.2g}·{name}"
    return "something else"


def _where_right(findings: Findings, criterion: str, right: list, wrong: list, what: str) -> None:
    if not right:
        findings.mark(
            criterion, False, f"No configuration gives the right output, so its {what} could not be compared."
        )
    elif wrong:
        findings.mark(criterion, False, f"{_call(wrong[0])}: the output in training mode is right, its {what} not.")
    else:
        findings.mark(criterion, True, f"Right in {len(right)} of {len(right)} configurations with the right output.")


def _statistics_stand_still(here: Measured, match: Agreement) -> bool:
    """Whether a batch in training mode leaves a running statistic of the norms that were found as it was."""
    still = {tensor.index for tensor in here.reported if tensor.kind == "buffer" and not tensor.used}
    assigned = set((match.assignment or {}).values())
    parts = {piece.index for tensor in here.tensors if tensor.index in assigned for piece in tensor.pieces}
    return bool(still & (assigned | parts))


def _block_training(
    arrays: dict, report: dict, draws: Draws, measured: dict[str, Measured], matches: dict[str, Agreement]
) -> tuple[bool, str]:
    first, second = matches["same"], matches["both"]
    if not (first.train and second.train):
        return False, "The block computes something else, so its training cannot follow a right block's."
    if "training/loss" not in arrays:
        error = next((error for error in report["errors"] if error["where"] == "training"), None)
        return False, f"Training raised {quoted(error)}." if error else "There was no training."
    here = draws.at("training")
    blocks = []
    for name, match in (("same", first), ("both", second)):
        where = here.at("first" if name == "same" else "second")
        values = measured[name].values_from(training_value, where)
        blocks.append(
            fill(_block_reference(measured[name].case)().double(), match.assignment, values, match.eps, match.orders)
        )
    rig = BlockRig(*blocks, torch.from_numpy(here.at("classifier").normal(6, TRAINING_CLASSES)))
    return trained(arrays["training/loss"], train_shortly(rig.double(), here, 4, dtype=torch.float64))
