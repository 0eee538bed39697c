"""Evidence in, verdict out: pure, and the only place where points are given.

For every hand-in one function (in `judges/`) turns unpacked evidence into findings: criterion → (passed, message). It
derives all inputs and parameter values from the seed, runs the reference on them and compares; nothing that a student
wrote is run or imported here. Whatever is missing, broken or does not fit the seed is worth no points, with the reason.
"""

from collections.abc import Callable

from autograder.judges.attention import judge_grad_cam, judge_multiply_adds
from autograder.judges.block import judge_residual_block
from autograder.judges.depth import judge_padded_shortcut, judge_what_went_wrong
from autograder.judges.findings import Findings
from autograder.judges.functions import (
    judge_accuracy_gap,
    judge_count_conv_layers,
    judge_fair_set_ups,
    judge_plain_block_parameters,
    judge_what_differs,
)
from autograder.judges.gradients import judge_along, judge_gradient_norms, judge_total_gradient_norm
from autograder.judges.landscape import judge_filter_normalise, judge_loss_along
from autograder.judges.network import judge_simple_resnet
from autograder.rubric import GradedCell
from autograder.verdict import Mark, Verdict
from course_utils.evidence import EvidenceError, unpack
from course_utils.seeding import Draws

JUDGES: dict[str, Callable[[dict, dict, Draws], Findings]] = {
    "count_conv_layers": judge_count_conv_layers,
    "plain_block_parameters": judge_plain_block_parameters,
    "residual_block": judge_residual_block,
    "simple_resnet": judge_simple_resnet,
    "what_differs": judge_what_differs,
    "fair_set_ups": judge_fair_set_ups,
    "accuracy_gap": judge_accuracy_gap,
    "gradient_norms": judge_gradient_norms,
    "total_gradient_norm": judge_total_gradient_norm,
    "along": judge_along,
    "filter_normalise": judge_filter_normalise,
    "loss_along": judge_loss_along,
    "padded_shortcut": judge_padded_shortcut,
    "what_went_wrong": judge_what_went_wrong,
    "grad_cam": judge_grad_cam,
    "multiply_adds": judge_multiply_adds,
}
"""Hand-in name → what judges it."""

LONGEST = 2000
"""Characters of a message: what is quoted of an answer can be of any length."""


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
        said = message if len(message) <= LONGEST else f"{message[:LONGEST]} …"
        marks.append(Mark(criterion.id, float(points), float(criterion.points), criterion.sentence, said))
    return Verdict(cell.hand_in, tuple(marks), tuple(findings.diagnoses), tuple(findings.notes))


def _nothing(cell: GradedCell, reason: str) -> Verdict:
    return Verdict(cell.hand_in, tuple(Mark(c.id, 0.0, float(c.points), c.sentence, reason) for c in cell.criteria))
