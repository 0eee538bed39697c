"""What every judge uses: findings, the evidence of one case as `Measured`, and words for a student.

Findings are what was found of one hand-in: per criterion whether it is met and what was seen. The rest of this file
reads evidence (with bounds: it comes from a kernel that ran a student's code) and says things in sentences.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from autograder.matching import Layer, Measured, Tensor, layers_of
from autograder.verdict import Diagnosis
from course_utils.evidence import EvidenceError
from course_utils.measurements.modules import MAX_TENSORS
from course_utils.seeding import Draws

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


def measured_case(case, channels: int, arrays: dict, report: dict, draws: Draws, large: bool = False) -> Measured:
    """The evidence of one case. large: whether a model may have more parameters than its outputs can be compared with.

    Raises EvidenceError for what no honest hand-in holds.
    """
    here = report["cases"][case.id]
    reported = [
        Tensor(index, str(name), str(kind), tuple(int(size) for size in shape), bool(used))
        for index, (name, kind, shape, used) in enumerate(here["tensors"])
    ]
    if any(size < 0 for tensor in reported for size in tensor.shape):
        raise EvidenceError("a tensor of the model has a negative size")
    if len(reported) > MAX_TENSORS or numbers_in(reported) > MAX_NUMBERS and not large:
        raise EvidenceError(f"the model is too large to be judged: more than {MAX_NUMBERS:,} parameters")
    eps = {str(name): float(value) for name, value in here["eps"].items() if 1e-9 < float(value) < 0.1}
    return Measured(
        case=case,
        channels=channels,
        draws=draws.at(case.id),
        arrays={
            key.removeprefix(f"{case.id}/"): value for key, value in arrays.items() if key.startswith(f"{case.id}/")
        },
        reported=reported,
        eps={
            i: eps[owner] for i, (name, *_) in enumerate(here["tensors"]) if (owner := name.rpartition(".")[0]) in eps
        },
        errors=here["errors"],
        input_changed=bool(here["input_changed"]),
        blocks=here.get("blocks", []),
        calls=here.get("calls", []),
        owners=here.get("owners", {}),
    )


def numbers_in(tensors: list[Tensor]) -> int:
    """How many numbers a judge has to derive to compare what a model of these tensors computes."""
    return sum(math.prod(tensor.shape) for tensor in tensors if tensor.looked_at)


def parameters_in_use(measured: Measured) -> int:
    """Parameters that take part, not counting the bias of a conv (which the batch norm after it makes void)."""
    groups: dict[str | None, list[Tensor]] = {}  # of each block that was noted, and of the rest
    for tensor in measured.tensors:
        groups.setdefault(measured.owner(tensor), []).append(tensor)
    shapes = {tensor.index: tensor.shape for tensor in measured.tensors}
    total = 0
    for group in groups.values():
        layers = next(layers_of(group), None)
        if layers is None:  # they are kept in another way, and nobody knows what is void
            total += sum(math.prod(tensor.shape) for tensor in group if tensor.kind == "parameter" and tensor.used)
        for layer in layers or []:
            void = {"mean", "variance"} | ({"shift"} if followed_by_norm(layer, measured) else set())
            total += sum(math.prod(shapes[index]) for what, index in layer.tensors.items() if what not in void)
    return total


def followed_by_norm(layer: Layer, measured: Measured) -> bool:
    """Whether a layer is one of the convs, not a classifier: in a network, that may be a 1×1 conv."""
    return layer.kind == "weighted" and (not measured.sketch or math.prod(layer.shape) != 64 * 10)


def trained(seen: np.ndarray, expected: np.ndarray) -> tuple[bool, str]:
    if seen.shape != expected.shape or not np.isfinite(seen).all():
        return False, "The loss became NaN or infinite."
    furthest = float(np.abs(seen - expected).max())
    start, end = seen[:3].mean(), seen[-5:].mean()
    said = f"The loss went from {start:.2f} to {end:.2f} in {len(seen)} steps"
    if furthest > LOSS_TOLERANCE:
        step = int(np.abs(seen - expected).argmax())
        return False, f"{said}; at step {step} it is {seen[step]:.3f}, and with a right answer {expected[step]:.3f}."
    return bool(end < 0.9 * start), f"{said}, as with a right answer."


def advise(findings: Findings, measured: list[Measured]) -> None:
    """Kind remarks that cost nothing: a void conv bias, layers that are never used."""
    names = [
        tensor.name for here in measured for tensor in here.tensors if tensor.kind == "parameter" and not tensor.used
    ]
    if names and not any(here.errors for here in measured):
        findings.notes.append(f"{joined(sorted(set(names))[:3])} never take part in the output; they could go.")
    for here in measured:
        shapes = {tensor.index: tensor for tensor in here.tensors}
        for layer in next(layers_of(here.tensors), []):
            if followed_by_norm(layer, here) and "shift" in layer.tensors:
                name = shapes[layer.tensors["shift"]].name
                findings.notes.append(
                    f"{name}: a batch norm follows, which takes any constant away; bias=False says so."
                )
                return


def quoted(error: dict) -> str:
    """An error of a student's code, as they would read it."""
    message = str(error["message"])[:300]
    line = f" at “{str(error['line'])[:120]}”" if error.get("line") else ""
    return f"{str(error['type'])[:60]}: {message}{line}" if message else f"{str(error['type'])[:60]}{line}"


def listed(sentences: list[str], most: int = 2) -> str:
    """Up to `most` sentences, and how many more there are."""
    if not sentences:
        return ""
    text = "; ".join(sentence.rstrip(".") for sentence in sentences[:most])
    more = len(sentences) - most
    rest = "another case is not right, either" if more == 1 else f"{more} more cases are not right, either"
    return f"{text}; {rest}." if more > 0 else f"{text}."


def joined(things) -> str:
    """`a, b and c`."""
    words = [str(thing)[:60] for thing in things]
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
