"""Lesson 06: is a shortcut option A, to the last zero; and are curves read as the rule says?"""

import numpy as np
import torch

from autograder import reference
from autograder.diagnosis import diagnose_arrays, diagnose_words, explain_error
from autograder.judges.arrays import agrees, answers_of
from autograder.judges.findings import Findings, listed, quoted
from course_utils.measurements.depth import (
    SHORTCUT_CASES,
    WORDS,
    ShortcutCase,
    cotangent,
    given_to_shortcut,
    made_up_pairs,
)
from course_utils.seeding import Draws

PARTS = {
    "padded-channels": ("wider", "a-few-more"),
    "padded-stride": ("strides-only", "strides-by-three"),
    "padded-both": ("shown", "odd", "third", "same"),
}
"""Criterion → the cases that decide it."""


def _call(case: ShortcutCase) -> str:
    return f"padded_shortcut(x, {case.out_channels}, {case.stride}) of x {case.shape}"


def judge_padded_shortcut(arrays: dict, report: dict, draws: Draws) -> Findings:
    """Lesson 06: every stride-th pixel, and zeros for the channels that are new."""
    findings, errors = Findings(), report["errors"]
    names = [f"{case.id}/{what}" for case in SHORTCUT_CASES for what in ("output", "gradient")]
    answers = answers_of(arrays, names)
    shapes, wrong, cut, asked, expected, seen = [], {}, [], [], [], []
    for case in SHORTCUT_CASES:
        x = given_to_shortcut(case, draws).double().requires_grad_()
        right = reference.padded_shortcut(x, case.out_channels, case.stride)
        (gradient,) = torch.autograd.grad((right * cotangent(case, draws, tuple(right.shape)).double()).sum(), x)
        asked.append((x.detach(), case.out_channels, case.stride))
        expected.append(right.detach().numpy())
        answer = answers[f"{case.id}/output"]
        seen.append(answer)
        if answer is None:
            error = errors[f"{case.id}/output"]
            wrong[case.id] = f"{_call(case)} raised {quoted(error)}. {explain_error(error)}".strip()
            shapes.append(wrong[case.id])
            continue
        if answer.shape != right.shape:
            shapes.append(f"{_call(case)} has the shape {answer.shape}; expected {tuple(right.shape)}")
        if not agrees(answer, expected[-1]):
            wrong[case.id] = f"{_call(case)}: {_difference(answer, expected[-1])}"
        elif case.id in report["changed"]:
            wrong[case.id] = f"{_call(case)} changes x itself"
        elif not agrees(answers[f"{case.id}/gradient"], gradient.numpy()):
            cut.append(case)
    findings.mark("padded-shape", not shapes, listed(shapes, most=1) or "All shapes are right.")
    for criterion, cases in PARTS.items():
        said = [wrong[case] for case in cases if case in wrong]
        findings.mark(criterion, not said, listed(said, most=1) or "All numbers are right.")
    none_right = all(case.id in wrong for case in SHORTCUT_CASES if case.id != "same")  # there x itself is right
    findings.mark("padded-gradient", not cut and not none_right, _gradients(cut, errors, none_right))
    findings.diagnoses += diagnose_arrays("padded_shortcut", asked, seen, expected, agrees)
    return findings


def _gradients(cut: list[ShortcutCase], errors: dict, none_right: bool) -> str:
    if cut:
        error = errors.get(f"{cut[0].id}/gradient")
        return (
            f"{_call(cut[0])}: going backward raised {quoted(error)}."
            if error
            else f"{_call(cut[0])}: the gradient of x is not that of the pixels that came through."
        )
    return "Looked at where the numbers are right." if none_right else "Gradients are right."


def _difference(seen: np.ndarray, right: np.ndarray) -> str:
    """What is wrong, as far as numbers tell."""
    if seen.shape != right.shape:
        return f"the shape is {seen.shape}; expected {right.shape}"
    if not np.isfinite(seen).all():
        return "the result holds NaN or infinite numbers"
    zeros = [[not channel.any() for channel in array[0]] for array in (seen, right)]
    if zeros[0] != zeros[1]:
        return f"channels of zeros are {_places(zeros[0])}; expected {_places(zeros[1])}"
    return "the channels of zeros are where they should be, but the others do not hold every stride-th pixel of x"


def _places(zeros: list[bool]) -> str:
    return ", ".join(str(place) for place, zero in enumerate(zeros) if zero) or "none"


def judge_what_went_wrong(arrays: dict, report: dict, draws: Draws) -> Findings:
    """Lesson 06: training error first, then test error, both of the last epoch, with the margin."""
    findings, errors, pairs = Findings(), report["errors"], made_up_pairs(draws)
    words = arrays["words"]
    if words.shape != (len(pairs),) or words.dtype != np.float64 or len(errors) != len(pairs):
        raise ValueError("wrong number of words")
    if not np.isin(words, (-1, 0, 1, 2)).all():
        raise ValueError("a word that no measurement gives")
    seen = [WORDS[int(place)] if place >= 0 else "" for place in words]
    asked = [(pair.shallow, pair.deep, pair.margin) for pair in pairs]
    expected = [reference.what_went_wrong(*given) for given in asked]
    for word in WORDS:
        wrong = []
        for pair, said, right, error in zip(pairs, seen, expected, errors, strict=True):
            if right != word or said == right:
                continue
            if error:
                wrong.append(f"what_went_wrong raised {quoted(error)}. {explain_error(error)}".strip())
            else:
                wrong.append(f"{_in_words(pair)}, and your answer is {said}")
        answers = {said for said, error in zip(seen, errors, strict=True) if not error}
        if len(answers) == 1 and not wrong:  # then it is right by accident
            wrong.append(f"Your answer is {word} for every pair, whatever its errors")
        findings.mark(f"wrong-{word}", not wrong, listed(wrong, most=1) or "Right for all pairs.")
    findings.diagnoses += diagnose_words("what_went_wrong", asked, seen, expected)
    return findings


def _in_words(pair) -> str:
    train, test = (
        getattr(pair.shallow, field)[-1] - getattr(pair.deep, field)[-1]
        for field in ("train_accuracy", "test_accuracy")
    )
    return (
        f"the deep network's final training error is {train:+.1f} points from the shallow one's and its test error"
        f" {test:+.1f}, with a margin of {pair.margin:g}"
    )
