"""Evidence in, verdict out: pure, and the only place where points are given.

For every hand-in there is one function that turns unpacked evidence into findings: criterion → (passed, message). It
derives all inputs and parameter values from the seed, runs the reference on them and compares; nothing that a student
wrote is run or imported here. Whatever is missing, broken or does not fit the seed is worth no points, with the reason.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch

from autograder import reference
from autograder.diagnosis import diagnose_block, diagnose_network, diagnose_numbers, explain_error
from autograder.matching import NOTHING, Agreement, Layer, Measured, Tensor, agreement, fill, layers_of
from autograder.rubric import GradedCell
from autograder.verdict import Diagnosis, Mark, Verdict
from course_utils.evidence import EvidenceError, unpack
from course_utils.measurements import (
    BLOCK_CASES,
    MAX_TENSORS,
    NETWORK_CASES,
    SHAPE_CASES,
    TRAINING_CLASSES,
    BlockRig,
    asked_set_ups,
    counted_blocks,
    counted_channels,
    made_up_histories,
    train_shortly,
)
from course_utils.models import PlainBlock
from course_utils.seeding import Draws, training_value

MAX_NUMBERS = 20_000_000
LOSS_TOLERANCE = 0.02
"""Largest difference of a short training's loss from the reference's, at any step; see docs/numerics.md."""


@dataclass
class Findings:
    """What was found of one hand-in: (passed, message) by criterion id, diagnoses, and notes that cost nothing."""

    marks: dict[str, tuple[bool, str]] = field(default_factory=dict)
    diagnoses: list[Diagnosis] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def mark(self, criterion: str, passed: bool, message: str) -> None:
        self.marks[criterion] = (bool(passed), message)


def judge(cell: GradedCell, evidence: bytes | None, seed: str, trouble: str = "") -> Verdict:
    """Judge one hand-in.

    evidence: the bytes that `hand_in` emitted under `seed`, or None where the cell gave none; then every criterion
    gets no points and `trouble` as its message. Sealed evidence in a form that `hand_in` never gives raises (KeyError,
    ValueError, …): a bug here or a forgery, in either case for a human.
    """
    if evidence is None:
        return _nothing(cell, trouble or "nothing was handed in")
    try:
        arrays, report = unpack(evidence, cell.hand_in, seed)
        findings = JUDGES[cell.hand_in](arrays, report, Draws(seed, cell.hand_in))
    except EvidenceError as error:
        return _nothing(cell, str(error))
    marks = []
    for criterion in cell.criteria:
        passed, message = findings.marks[criterion.id]
        points = criterion.points if passed else 0.0
        marks.append(Mark(criterion.id, float(points), float(criterion.points), criterion.sentence, message))
    return Verdict(cell.hand_in, tuple(marks), tuple(findings.diagnoses), tuple(findings.notes))


def _nothing(cell: GradedCell, reason: str) -> Verdict:
    return Verdict(cell.hand_in, tuple(Mark(c.id, 0.0, float(c.points), c.sentence, reason) for c in cell.criteria))


def _measured(case, channels: int, arrays: dict, report: dict, draws: Draws) -> Measured:
    here = report["cases"][case.id]
    if len(here["tensors"]) > MAX_TENSORS or sum(math.prod(shape) for _, _, shape, _ in here["tensors"]) > MAX_NUMBERS:
        raise EvidenceError(f"the model is too large to be judged: more than {MAX_NUMBERS:,} parameters")
    eps = {str(name): float(value) for name, value in here["eps"].items() if 1e-9 < float(value) < 0.01}
    return Measured(
        case=case,
        channels=channels,
        draws=draws.at(case.id),
        arrays={
            key.removeprefix(f"{case.id}/"): value for key, value in arrays.items() if key.startswith(f"{case.id}/")
        },
        tensors=[
            Tensor(index, str(name), str(kind), tuple(int(size) for size in shape), bool(used))
            for index, (name, kind, shape, used) in enumerate(here["tensors"])
        ],
        eps={
            i: eps[owner] for i, (name, *_) in enumerate(here["tensors"]) if (owner := name.rpartition(".")[0]) in eps
        },
        errors=here["errors"],
        input_changed=bool(here["input_changed"]),
        blocks=here.get("blocks", []),
        calls=here.get("calls", []),
        owners=here.get("owners", {}),
    )


# ---------------------------------------------------------------------------------------------- ResidualBlock


def _call(case) -> str:
    return f"ResidualBlock({case.in_channels}, {case.out_channels}, stride={case.stride})"


def _block_reference(case) -> Callable[[], reference.ResidualBlock]:
    return lambda: reference.ResidualBlock(case.in_channels, case.out_channels, case.stride)


def judge_residual_block(arrays: dict, report: dict, draws: Draws) -> Findings:
    """All criteria of lesson 02."""
    findings = Findings()
    measured = {case.id: _measured(case, case.in_channels, arrays, report, draws) for case in BLOCK_CASES}
    matches = {case.id: agreement(_block_reference(case), measured[case.id]) for case in BLOCK_CASES}
    _block_shapes(findings, report["shapes"], arrays)
    _block_parameters(findings, measured)
    for criterion, same in (("shortcut-identity", True), ("shortcut-projection", False)):
        cases = [case for case in BLOCK_CASES if _shapes_match(case) == same]
        _block_function(findings, criterion, [measured[case.id] for case in cases], matches)
    right = [case for case in BLOCK_CASES if matches[case.id].train]
    _where_right(findings, "eval-mode", right, [case for case in right if not matches[case.id].eval], "evaluation mode")
    cut = [case for case in right if not matches[case.id].gradients]
    _where_right(findings, "gradients", right, cut, "gradients")
    for case in cut[:1]:
        error = measured[case.id].error("gradients")
        if error:
            findings.mark("gradients", False, f"{_call(case)}: going backward raised {_quoted(error)}.")
    findings.mark("training", *_block_training(arrays, report, draws, measured, matches))
    if not all(match.outputs for match in matches.values()) or any(here.input_changed for here in measured.values()):
        findings.diagnoses += diagnose_block(measured)
    _advise(findings, list(measured.values()))
    if report["library"]:
        findings.notes.append(f"This block comes from {str(report['library'])[:80]}; it is judged by what it does.")
    return findings


def _shapes_match(case) -> bool:
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
                    wrong.append(f"{_call(case)} on {given} raised {_quoted(seen)}")
                elif list(seen) != expected:
                    wrong.append(f"{_call(case)} on {given} returned {tuple(seen)}; expected {tuple(expected)}")
        findings.mark(criterion, not wrong, _listed(wrong) or "All shapes are right.")


def _block_parameters(findings: Findings, measured: dict[str, Measured]) -> None:
    wrong = []
    for here in measured.values():
        expected = sum(p.numel() for p in _block_reference(here.case)().parameters())
        error = here.error("build")
        if error:
            wrong.append(f"{_call(here.case)} raised {_quoted(error)}")
        else:
            seen = _parameters_in_use(here)
            if seen != expected:
                wrong.append(f"{_call(here.case)} has {seen} parameters in use; expected {expected}")
    findings.mark("parameter-count", not wrong, _listed(wrong) or "The number of parameters is right everywhere.")


def _parameters_in_use(measured: Measured) -> int:
    """Parameters that take part, not counting the bias of a conv (which the batch norm after it makes void)."""
    shapes = {tensor.index: tensor.shape for tensor in measured.tensors}
    total = 0
    for layer in next(layers_of(measured.tensors), []):
        void = {"mean", "variance"} | ({"shift"} if _followed_by_norm(layer, measured) else set())
        total += sum(math.prod(shapes[index]) for what, index in layer.tensors.items() if what not in void)
    return total


def _followed_by_norm(layer: Layer, measured: Measured) -> bool:
    """Whether a layer is one of the convs, not a classifier: in a network, that may be a 1×1 conv."""
    return layer.kind == "weighted" and len(layer.shape) == 4 and (not measured.sketch or layer.shape[-1] > 1)


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
            messages.append(f"{_call(here.case)} raised {_quoted(error)}. {explain_error(error)}".strip())
        else:
            messages.append(f"{_call(here.case)}: {_what_it_does(here, matches[here.case.id], goal)}")
    findings.mark(criterion, False, _listed(messages))


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
    layers = next(layers_of(here.tensors), [])
    counts = [sum(layer.kind.startswith(kind) for layer in layers) for kind in ("weighted", "norm")]
    needed = [2, 2] if _shapes_match(here.case) else [3, 3]
    if counts != needed:
        said += f"; it uses {counts[0]} conv layers and {counts[1]} batch norms, expected {needed[0]} and {needed[1]}"
    zero = here.arrays.get("zero/output")
    if zero is not None and _shapes_match(here.case):
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


def _block_training(
    arrays: dict, report: dict, draws: Draws, measured: dict[str, Measured], matches: dict[str, Agreement]
) -> tuple[bool, str]:
    first, second = matches["same"], matches["both"]
    if not (first.train and second.train):
        return False, "The block computes something else, so its training cannot follow a right block's."
    if "training/loss" not in arrays:
        error = next((error for error in report["errors"] if error["where"] == "training"), None)
        return False, f"Training raised {_quoted(error)}." if error else "There was no training."
    here = draws.at("training")
    blocks = []
    for name, match in (("same", first), ("both", second)):
        where = here.at("first" if name == "same" else "second")
        values = {t.index: training_value(where, t.index, t.name, t.shape) for t in measured[name].tensors}
        blocks.append(
            fill(_block_reference(measured[name].case)().double(), match.assignment, values, measured[name].eps)
        )
    rig = BlockRig(*blocks, torch.from_numpy(here.at("classifier").normal(6, TRAINING_CLASSES)))
    return _trained(arrays["training/loss"], train_shortly(rig, here, 4, "cpu", torch.float64))


def _trained(seen: np.ndarray, expected: np.ndarray) -> tuple[bool, str]:
    if seen.shape != expected.shape or not np.isfinite(seen).all():
        return False, "The loss became NaN or infinite."
    furthest = float(np.abs(seen - expected).max())
    start, end = seen[:3].mean(), seen[-5:].mean()
    said = f"The loss went from {start:.2f} to {end:.2f} in {len(seen)} steps"
    if furthest > LOSS_TOLERANCE:
        step = int(np.abs(seen - expected).argmax())
        return False, f"{said}; at step {step} it is {seen[step]:.3f}, and with a right answer {expected[step]:.3f}."
    return bool(end < 0.9 * start), f"{said}, as with a right answer."


# ---------------------------------------------------------------------------------------------- SimpleResNet

WIDTHS = (16, 32, 64)


@dataclass
class Structure:
    """What a network is built from, read off the blocks that ran: runs of equal width, in the order of the calls."""

    n: int
    blocks: list[dict]
    calls: list[int]

    @property
    def order(self) -> list[int]:
        """The blocks that ran, each once, in the order of their first run."""
        return list(dict.fromkeys(self.calls))

    @property
    def runs(self) -> list[list[list[int]]]:
        """Stages: specifications (in, out, stride) of the blocks that ran, split where the width changes."""
        runs: list[list[list[int]]] = []
        for index in self.order:
            specification = self.blocks[index]["specification"]
            if specification is None:
                continue
            if not runs or runs[-1][-1][1] != specification[1]:
                runs.append([])
            runs[-1].append(specification)
        return runs

    def problems(self) -> dict[str, str]:
        """Criterion → what is wrong with it, in words; a criterion that is right is left out."""
        found: dict[str, str] = {}
        runs, n = self.runs, self.n
        if not runs:
            return dict.fromkeys(("depth", "widths", "strides", "order"), f"With n_blocks={n} no block ran.")
        lengths = [len(run) for run in runs]
        unregistered = [index for index in self.order if not self.blocks[index]["registered"]]
        if lengths != [n] * 3:
            found["depth"] = f"With n_blocks={n} the stages have {_and(lengths)} blocks; expected {n}, {n} and {n}."
        elif unregistered:
            found["depth"] = f"{len(unregistered)} blocks ran that PyTorch does not know: they are in no module's list."
        widths = tuple(run[0][1] for run in runs)
        if widths != WIDTHS:
            found["widths"] = f"The stages have {_and(widths)} channels; expected 16, 32 and 64."
        firsts, others = [run[0][2] for run in runs], {block[2] for run in runs for block in run[1:]}
        if firsts != [1, 2, 2] or others - {1}:
            said = f"The stages start with strides {_and(firsts)}"
            if others - {1}:
                said += f", and other blocks have stride {_and(sorted(others))}"
            found["strides"] = said + "; expected 1, 2 and 2, and stride 1 in all other blocks."
        idle = [index for index in range(len(self.blocks)) if index not in self.calls]
        twice = [index for index in self.order if self.calls.count(index) > 1]
        if twice:
            found["order"] = f"{len(twice)} blocks run more than once in one forward pass; expected each once."
        elif idle:
            found["order"] = f"{len(idle)} of {len(self.blocks)} blocks are built and never run."
        elif list(widths) != sorted(widths):
            found["order"] = f"The stages run in the order {_and(widths)} channels; expected 16, 32 and 64."
        return found


def judge_simple_resnet(arrays: dict, report: dict, draws: Draws) -> Findings:
    """All criteria of lesson 03."""
    findings = Findings()
    measured = {case.id: _measured(case, 3, arrays, report, draws) for case in NETWORK_CASES}
    matches = {name: _network_match(here) for name, here in measured.items()}
    structures = {name: Structure(here.case.n_blocks, here.blocks, here.calls) for name, here in measured.items()}
    _network_shapes(findings, measured)
    _network_parameters(findings, measured)
    problems: dict[str, str] = {}
    for structure in structures.values():
        problems = structure.problems() | problems
    raised = next((here.error("build", "train") for here in measured.values() if here.error("build", "train")), None)
    why = f" (SimpleResNet raised {_quoted(raised)}.) {explain_error(raised)}" if raised else ""
    for criterion, fine in (
        ("depth", "Every stage has n blocks of its own."),
        ("widths", "The stages have 16, 32 and 64 channels."),
        ("strides", "Only the first block of stages 2 and 3 halves the picture."),
        ("order", "Every block runs exactly once, in order."),
    ):
        findings.mark(
            criterion, criterion not in problems, problems.get(criterion, fine) + (why if criterion in problems else "")
        )
    _network_block_argument(findings, measured, why)
    _network_function(findings, measured, matches, why)
    if not matches["one"].train or "training/loss" not in arrays:
        findings.mark("training", False, "The network computes something else, so its training cannot follow." + why)
    else:
        here = draws.at("training")
        values = {t.index: training_value(here, t.index, t.name, t.shape) for t in measured["one"].tensors}
        model = reference.SimpleResNet(1, PlainBlock).double()
        fill(model, matches["one"].assignment, values, measured["one"].eps)
        expected = train_shortly(model, here, 3, "cpu", torch.float64)
        findings.mark("training", *_trained(arrays["training/loss"], expected))
    _network_own_block(findings, report["own_block"])
    if not all(match.outputs for match in matches.values()) or problems or not findings.marks["own-block"][0]:
        findings.diagnoses += diagnose_network(measured, structures, report["own_block"])
    _advise(findings, list(measured.values()))
    return findings


def _network_match(here: Measured) -> Agreement:
    if any(here.blocks[index]["kind"] != "StandIn" for index in here.calls):
        return NOTHING
    return agreement(lambda: reference.SimpleResNet(here.case.n_blocks, PlainBlock), here)


def _network_shapes(findings: Findings, measured: dict[str, Measured]) -> None:
    wrong = []
    for here in measured.values():
        for mode, shape in (("train", here.case.shape), ("eval", here.case.eval_shape)):
            pictures, height, width = shape
            given = f"SimpleResNet(n_blocks={here.case.n_blocks}) on {(pictures, 3, height, width)}"
            seen = here.arrays.get(f"{mode}/output")
            error = here.error("build", mode)
            if seen is None:
                wrong.append(f"{given} raised {_quoted(error)}" if error else f"{given} gave nothing")
            elif seen.shape != (pictures, 10):
                wrong.append(f"{given} returned {seen.shape}; expected {(pictures, 10)}")
    findings.mark("output-shape", not wrong, _listed(wrong) or "All output shapes are right.")


def _network_parameters(findings: Findings, measured: dict[str, Measured]) -> None:
    wrong = []
    for here in measured.values():
        n = here.case.n_blocks
        expected = {
            sum(p.numel() for p in reference.SimpleResNet(n, block).parameters())
            for block in (PlainBlock, reference.ResidualBlock)
        }
        error = here.error("build")
        if error:
            wrong.append(f"SimpleResNet(n_blocks={n}) raised {_quoted(error)}")
        else:
            seen = _parameters_in_use(here)
            if seen not in expected:
                wrong.append(f"SimpleResNet(n_blocks={n}) has {seen:,} parameters in use; expected {min(expected):,}")
    findings.mark("parameter-count", not wrong, _listed(wrong) or "The number of parameters is right for every depth.")


def _network_block_argument(findings: Findings, measured: dict[str, Measured], why: str) -> None:
    wrong = ""
    for here in measured.values():
        others = sorted({block["kind"] for block in here.blocks if block["kind"] != "StandIn"})
        if others:
            wrong = f"SimpleResNet(n_blocks, block=B) built {_and(others)} blocks, not only blocks of the class B."
        elif not here.blocks:
            wrong = "SimpleResNet(n_blocks, block=B) built no block of the class B." + why
        if wrong:
            break
    findings.mark("block-argument", not wrong, wrong or "Every block is of the class that was given.")


def _network_function(
    findings: Findings, measured: dict[str, Measured], matches: dict[str, Agreement], why: str
) -> None:
    wrong = [name for name, match in matches.items() if not match.outputs]
    if wrong:
        here, match = measured[wrong[0]], matches[wrong[0]]
        n = here.case.n_blocks
        error = here.error("build", "train", "eval")
        if error:
            said = f"SimpleResNet(n_blocks={n}) raised {_quoted(error)}. {explain_error(error)}".strip()
        else:
            said = f"SimpleResNet(n_blocks={n}): {_what_logits(here, match)}"
        findings.mark("logits", False, said)
    else:
        findings.mark("logits", True, "The logits are right, in training and in evaluation mode.")
    right = [name for name, match in matches.items() if match.train]
    cut = [name for name in right if not matches[name].gradients]
    if not right:
        findings.mark("gradients", False, "No output is right, so gradients could not be compared." + why)
    elif cut:
        n = measured[cut[0]].case.n_blocks
        findings.mark("gradients", False, f"SimpleResNet(n_blocks={n}): the output is right, its gradients are not.")
    else:
        findings.mark("gradients", True, "Gradients are right, too.")


def _what_logits(here: Measured, match: Agreement) -> str:
    seen = here.arrays["train/output"]
    if seen.shape != (here.case.shape[0], 10):
        return f"the output has shape {seen.shape}; expected {(here.case.shape[0], 10)}"
    sums = seen.sum(axis=1)
    if (seen >= 0).all() and np.allclose(sums, 1, atol=1e-4):
        return "every row of the output is positive and sums to 1: these are probabilities, not logits"
    if (seen <= 0).all() and np.allclose(np.exp(seen).sum(axis=1), 1, atol=1e-4):
        return "the exponentials of every row sum to 1: these are log-probabilities, not logits"
    if match.train and not match.eval:
        return "the output is right in training mode and not in evaluation mode"
    if match.eval and not match.train:
        return "the output is right in evaluation mode and not in training mode"
    said = "the output is not fc(average(stages(ReLU(BN(conv(x))))))"
    return said + (f"; it is off by up to {match.deviation:.2g} times its size" if np.isfinite(match.deviation) else "")


def _network_own_block(findings: Findings, own: dict) -> None:
    built = own["built"].get("own", 0)
    if built:
        said = f"SimpleResNet(2) is built from {built} blocks of your ResidualBlock; expected 6."
        findings.mark("own-block", built == 6, said)
    elif own["error"] and own["default_is_own"]:
        findings.mark(
            "own-block", True, f"SimpleResNet(2) starts from your ResidualBlock, which raised {_quoted(own['error'])}."
        )
    elif own["error"]:
        findings.mark("own-block", False, f"SimpleResNet(2) raised {_quoted(own['error'])}.")
    else:
        default = own["default"] or "something else"
        findings.mark(
            "own-block", False, f"SimpleResNet(2) is built from {str(default)[:80]}, not from your ResidualBlock."
        )


# ---------------------------------------------------------------------------------------------- functions


def _numbers(
    findings: Findings,
    parts: dict[str, slice],
    calls: list[str],
    arrays: dict,
    report: dict,
    expected: list,
    tolerance: float = 1e-6,
) -> None:
    """Judge a function that returns a number: `parts` says which of its calls belong to which criterion."""
    seen, errors = arrays["values"], report["errors"]
    if seen.shape != (len(expected),) or len(errors) != len(expected):
        raise ValueError("wrong number of values")
    for criterion, part in parts.items():
        wrong = []
        for call, value, error, right in list(zip(calls, seen, errors, expected, strict=True))[part]:
            if error:
                wrong.append(f"{call} raised {_quoted(error)}. {explain_error(error)}".strip())
            elif not abs(value - right) <= tolerance:
                wrong.append(f"{call} returned {value:.6g}, which is not right")
        findings.mark(criterion, not wrong, _listed(wrong, most=1) or "Right.")


def judge_count_conv_layers(arrays: dict, report: dict, draws: Draws) -> Findings:
    """Lesson 01: 1 + 6n."""
    findings, asked = Findings(), counted_blocks(draws)
    expected = [reference.count_conv_layers(n) for n in asked]
    calls = [f"count_conv_layers({n})" for n in asked]
    parts = {"conv-layers-shown": slice(0, 1), "conv-layers-any": slice(1, None)}
    _numbers(findings, parts, calls, arrays, report, expected)
    findings.diagnoses += diagnose_numbers("count_conv_layers", [(n,) for n in asked], arrays["values"], expected)
    return findings


def judge_plain_block_parameters(arrays: dict, report: dict, draws: Draws) -> Findings:
    """Lesson 01: 9·i·o + 9·o·o + 4·o."""
    findings, asked = Findings(), counted_channels(draws)
    expected = [reference.plain_block_parameters(*pair) for pair in asked]
    calls = [f"plain_block_parameters{pair}" for pair in asked]
    parts = {"parameters-same-channels": slice(0, 3), "parameters-other-channels": slice(3, None)}
    _numbers(findings, parts, calls, arrays, report, expected)
    findings.diagnoses += diagnose_numbers("plain_block_parameters", asked, arrays["values"], expected)
    return findings


def judge_accuracy_gap(arrays: dict, report: dict, draws: Draws) -> Findings:
    """Lesson 04: the mean gap of the final test accuracies."""
    findings, asked = Findings(), made_up_histories(draws)
    expected = [reference.accuracy_gap(histories) for histories in asked]
    calls = [f"accuracy_gap of histories with {len(histories['plain'])} seeds" for histories in asked]
    parts = {"gap-one-seed": slice(0, 2), "gap-over-seeds": slice(2, None)}
    # an answer that is rounded to one decimal is right, too
    _numbers(findings, parts, calls, arrays, report, expected, tolerance=0.051)
    findings.diagnoses += diagnose_numbers(
        "accuracy_gap", [(histories,) for histories in asked], arrays["values"], expected
    )
    return findings


def judge_what_differs(arrays: dict, report: dict, draws: Draws) -> Findings:
    """Lesson 04: the fields in which each unfair pair differs; `block` is what is compared, and may be named or not."""
    findings, answer = Findings(), report["answer"]
    for letter, expected in reference.WHAT_DIFFERS.items():
        named = set(answer.get(letter, ())) - {"block"} if isinstance(answer, dict) else set()
        if named == expected:
            said = "Right."
        elif not named:
            said = (
                f"Nothing is named for {letter}."
                if isinstance(answer, dict)
                else f"The answer is {report['seen']}; expected a dict."
            )
        elif named < expected:
            said = f"For {letter} you named {_and(sorted(named))}: right, and there is more."
        elif named & expected:
            said = f"For {letter} you named {_and(sorted(named))}: some of it is right."
        else:
            said = f"For {letter} you named {_and(sorted(named))}; look at the two columns again."
        findings.mark(f"difference-{letter.lower()}", named == expected, said)
    return findings


def judge_fair_set_ups(arrays: dict, report: dict, draws: Draws) -> Findings:
    """Lesson 04: two set-ups that differ in their block alone."""
    findings, blocks, equal = Findings(), [], []
    asked = asked_set_ups(draws)
    for (n_blocks, seed), answer in zip(asked, report["answers"], strict=True):
        call = f"fair_set_ups({n_blocks}, {seed})"
        if "error" in answer:
            said = f"{call} raised {_quoted(answer['error'])}. {explain_error(answer['error'])}".strip()
            blocks.append(said)
            equal.append(said)
            continue
        plain, residual = dict(answer.get("plain", {})), dict(answer.get("residual", {}))
        if set(answer) != {"plain", "residual"}:
            blocks.append(f"{call} has the keys {_and(sorted(answer))}; expected plain and residual")
        elif (plain.pop("block", None), residual.pop("block", None)) != ("plain", "residual"):
            blocks.append(f"{call}: the block of plain should be plain, and that of residual residual")
        elif {plain.get("n_blocks"), residual.get("n_blocks")} != {float(n_blocks)}:
            blocks.append(
                f"{call}: the networks are {plain.get('n_blocks'):g} and {residual.get('n_blocks'):g} blocks deep"
            )
        plain.pop("block", None), residual.pop("block", None)
        different = sorted(name for name in plain | residual if plain.get(name) != residual.get(name))
        if different:
            equal.append(f"{call}: the set-ups differ in {_and(different)}")
        elif plain.get("seed") != float(seed):
            equal.append(f"{call}: the seed is not the one that was asked for")
        elif len(plain) < 6 or any(not isinstance(v, float) or v <= 0 for k, v in plain.items() if k != "seed"):
            equal.append(f"{call}: a set-up needs all of its fields, as numbers above zero")
    findings.mark("set-up-blocks", not blocks, _listed(blocks) or "One plain and one residual network, equally deep.")
    findings.mark("set-up-equal", not equal, _listed(equal) or "All but the block is equal.")
    return findings


# ---------------------------------------------------------------------------------------------- words


def _advise(findings: Findings, measured: list[Measured]) -> None:
    """Kind remarks that cost nothing: a void conv bias, layers that are never used."""
    names = [
        tensor.name for here in measured for tensor in here.tensors if tensor.kind == "parameter" and not tensor.used
    ]
    if names and not any(here.errors for here in measured):
        findings.notes.append(f"{_and(sorted(set(names))[:3])} never take part in the output; they could go.")
    for here in measured:
        shapes = {tensor.index: tensor for tensor in here.tensors}
        for layer in next(layers_of(here.tensors), []):
            if _followed_by_norm(layer, here) and "shift" in layer.tensors:
                name = shapes[layer.tensors["shift"]].name
                findings.notes.append(
                    f"{name}: a batch norm follows, which takes any constant away; bias=False says so."
                )
                return


def _quoted(error: dict) -> str:
    """An error of a student's code, as they would read it."""
    message = str(error["message"])[:300]
    line = f" at “{str(error['line'])[:120]}”" if error.get("line") else ""
    return f"{str(error['type'])[:60]}: {message}{line}" if message else f"{str(error['type'])[:60]}{line}"


def _listed(sentences: list[str], most: int = 2) -> str:
    """Up to `most` sentences, and how many more there are."""
    if not sentences:
        return ""
    text = "; ".join(sentence.rstrip(".") for sentence in sentences[:most])
    more = len(sentences) - most
    return f"{text}{f'; and {more} more' if more > 0 else ''}."


def _and(things) -> str:
    """`a, b and c`."""
    words = [str(thing)[:60] for thing in things]
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


JUDGES: dict[str, Callable[[dict, dict, Draws], Findings]] = {
    "count_conv_layers": judge_count_conv_layers,
    "plain_block_parameters": judge_plain_block_parameters,
    "residual_block": judge_residual_block,
    "simple_resnet": judge_simple_resnet,
    "what_differs": judge_what_differs,
    "fair_set_ups": judge_fair_set_ups,
    "accuracy_gap": judge_accuracy_gap,
}
"""Hand-in name → what judges it."""
