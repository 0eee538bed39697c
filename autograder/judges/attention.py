"""Lesson 08: are the maps Grad-CAM's, picture by picture and at every layer; and is the cost of a convolution right?"""

import numpy as np
import torch

from autograder import reference
from autograder.diagnosis import diagnose_arrays, diagnose_numbers, explain_error
from autograder.judges.arrays import agrees, answers_of, same_but_for_ones
from autograder.judges.findings import Findings, listed, quoted
from autograder.judges.functions import judge_numbers
from course_utils.measurements.attention import MAP_CASES, MapCase, asked_map, small_network
from course_utils.measurements.costs import asked_costs
from course_utils.seeding import Draws

PARTS = {
    "cam-one-picture": ("one", "one-odd"),
    "cam-batch": ("batch", "batch-again"),
    "cam-any-layer": ("early", "late", "inside"),
}
"""Criterion → the cases that decide it."""


RELATIVE = 5e-7
"""Of a number of multiplications: six factors in float32 are within 4e-7; a bias that is counted once weighs 1e-6."""


def _call(case: MapCase) -> str:
    pictures = "1 picture" if case.pictures == 1 else f"{case.pictures} pictures"
    return f"grad_cam on {pictures} of {case.height}×{case.width}, at {case.layer!r} of a small network"


def judge_grad_cam(arrays: dict, report: dict, draws: Draws) -> Findings:
    """Lesson 08: ReLU of the channels' sum, each weighted with the spatial mean of its gradient."""
    findings, errors = Findings(), report["errors"]
    answers = answers_of(arrays, [case.id for case in MAP_CASES])
    asked, expected, seen = [], [], []
    for case in MAP_CASES:
        model = small_network(case.network, draws).double()  # exact: all of the difference is the answer's rounding
        images, classes = asked_map(case, draws)
        asked.append((model, model.get_submodule(case.layer), images.double(), classes))
        expected.append(reference.grad_cam(*asked[-1]).numpy())
        seen.append(same_but_for_ones(answers[case.id], expected[-1].shape))
    shapes, wrong = [], {}
    for case, right, array in zip(MAP_CASES, expected, seen, strict=True):
        given = answers[case.id]
        if given is None:
            error = errors[case.id]
            wrong[case.id] = f"{_call(case)} raised {quoted(error)}. {explain_error(error)}".strip()
            shapes.append(wrong[case.id])
            continue
        if given.shape != right.shape:
            shapes.append(f"{_call(case)} returned {_shape(given)}; expected {_shape(right)}")
        if not agrees(array, right):
            wrong[case.id] = f"{_call(case)}: {_difference(array, right)}"
        elif case.id in report["changed"]:
            wrong[case.id] = f"{_call(case)}: afterwards the model's parameters are not what they were"
    findings.mark("cam-shape", not shapes, listed(shapes, most=1) or "One number for each pixel of the layer's output.")
    for criterion, cases in PARTS.items():
        said = [wrong[case] for case in cases if case in wrong]
        findings.mark(criterion, not said, listed(said, most=1) or "The maps are right.")
    findings.diagnoses += diagnose_arrays("grad_cam", asked, seen, expected, agrees)
    return findings


def _shape(array: np.ndarray) -> str:
    return str(tuple(array.shape))


def _difference(seen: np.ndarray, right: np.ndarray) -> str:
    """What is wrong with a map, as far as numbers tell."""
    if seen.shape != right.shape:
        return f"the shape {_shape(seen)} leaves nothing to compare"
    if not np.isfinite(seen).all():
        return "the map holds NaN or infinite numbers"
    if (seen < 0).any():
        return f"the map holds negative numbers, down to {seen.min():.3g}"
    pictures = [number for number in range(len(right)) if not agrees(seen[number], right[number])]
    which = f" (picture {pictures[0] + 1} of the batch)" if len(right) > 1 and pictures else ""
    return f"the map is not the one that the two equations give{which}; its values go up to {seen.max():.3g}"


def judge_multiply_adds(arrays: dict, report: dict, draws: Draws) -> Findings:
    """Lesson 08: the weights, once for each pixel of the output."""
    findings = Findings()
    asked = asked_costs(draws)
    with torch.no_grad():
        expected = [reference.multiply_adds(*given) for given in asked]
    calls = [
        f"multiply_adds of Conv2d({conv.in_channels}, {conv.out_channels}, {_pair(conv.kernel_size)},"
        f" stride={_pair(conv.stride)}, padding={_pair(conv.padding)}) on {height}×{width}"
        for conv, height, width in asked
    ]
    parts = {"cost-same-size": slice(0, 3), "cost-other-size": slice(3, 8), "cost-pairs": slice(8, None)}
    judge_numbers(findings, parts, calls, arrays, report, expected, relative=RELATIVE)
    square = slice(0, 8)  # who reads one number of each pair may have misunderstood something else, too
    for cases in (square, slice(None)):
        if not findings.diagnoses:
            findings.diagnoses += diagnose_numbers(
                "multiply_adds", asked[cases], arrays["values"][cases], expected[cases]
            )
    return findings


def _pair(sizes: tuple[int, int]) -> str:
    return str(sizes[0] if sizes[0] == sizes[1] else sizes)
