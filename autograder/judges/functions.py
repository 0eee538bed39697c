"""Lessons 01 and 04: functions that return numbers, set-ups, and the answer to an exercise in reading."""

from autograder import reference
from autograder.diagnosis import diagnose_numbers, explain_error
from autograder.judges.findings import Findings, joined, listed, quoted
from course_utils.measurements.functions import asked_set_ups, counted_blocks, counted_channels, made_up_histories
from course_utils.seeding import Draws


def judge_numbers(
    findings: Findings,
    parts: dict[str, slice],
    calls: list[str],
    arrays: dict,
    report: dict,
    expected: list,
    tolerance: float = 1e-6,
    relative: float = 0.0,
) -> None:
    """Judge a function that returns a number: `parts` says which of its calls belong to which criterion.

    What is within `tolerance` and `relative` of the right number together is right.
    """
    seen, errors = arrays["values"], report["errors"]
    if seen.shape != (len(expected),) or len(errors) != len(expected):
        raise ValueError("wrong number of values")
    for criterion, part in parts.items():
        wrong = []
        for call, value, error, right in list(zip(calls, seen, errors, expected, strict=True))[part]:
            if error:
                wrong.append(f"{call} raised {quoted(error)}. {explain_error(error)}".strip())
            elif not abs(value - right) <= tolerance + relative * abs(right):
                wrong.append(f"{call} returned {value:.6g}, which is not right")
        findings.mark(criterion, not wrong, listed(wrong, most=1) or "Right.")


def judge_count_conv_layers(arrays: dict, report: dict, draws: Draws) -> Findings:
    """Lesson 01: 1 + 6n."""
    findings, asked = Findings(), counted_blocks(draws)
    expected = [reference.count_conv_layers(n) for n in asked]
    calls = [f"count_conv_layers({n})" for n in asked]
    parts = {"conv-layers-shown": slice(0, 1), "conv-layers-any": slice(1, None)}
    judge_numbers(findings, parts, calls, arrays, report, expected)
    findings.diagnoses += diagnose_numbers("count_conv_layers", [(n,) for n in asked], arrays["values"], expected)
    return findings


def judge_plain_block_parameters(arrays: dict, report: dict, draws: Draws) -> Findings:
    """Lesson 01: 9·i·o + 9·o·o + 4·o."""
    findings, asked = Findings(), counted_channels(draws)
    expected = [reference.plain_block_parameters(*pair) for pair in asked]
    calls = [f"plain_block_parameters{pair}" for pair in asked]
    parts = {"parameters-same-channels": slice(0, 3), "parameters-other-channels": slice(3, None)}
    judge_numbers(findings, parts, calls, arrays, report, expected)
    findings.diagnoses += diagnose_numbers("plain_block_parameters", asked, arrays["values"], expected)
    return findings


def judge_accuracy_gap(arrays: dict, report: dict, draws: Draws) -> Findings:
    """Lesson 04: the mean gap of the final test accuracies."""
    findings, asked = Findings(), made_up_histories(draws)
    expected = [reference.accuracy_gap(histories) for histories in asked]
    calls = [f"accuracy_gap of histories with {len(histories['plain'])} seeds" for histories in asked]
    parts = {"gap-one-seed": slice(0, 2), "gap-over-seeds": slice(2, None)}
    # an answer that is rounded to one decimal is right, too
    judge_numbers(findings, parts, calls, arrays, report, expected, tolerance=0.051)
    findings.diagnoses += diagnose_numbers(
        "accuracy_gap", [(histories,) for histories in asked], arrays["values"], expected, digits=(1, 2, 3)
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
            said = f"For {letter} you named {joined(sorted(named))}: right, and there is more."
        elif named & expected:
            said = f"For {letter} you named {joined(sorted(named))}: some of it is right."
        else:
            said = f"For {letter} you named {joined(sorted(named))}; look at the two columns again."
        findings.mark(f"difference-{letter.lower()}", named == expected, said)
    return findings


def judge_fair_set_ups(arrays: dict, report: dict, draws: Draws) -> Findings:
    """Lesson 04: two set-ups that differ in their block alone."""
    findings, blocks, equal = Findings(), [], []
    asked = asked_set_ups(draws)
    for (n_blocks, seed), answer in zip(asked, report["answers"], strict=True):
        call = f"fair_set_ups({n_blocks}, {seed})"
        if "error" in answer:
            said = f"{call} raised {quoted(answer['error'])}. {explain_error(answer['error'])}".strip()
            blocks.append(said)
            equal.append(said)
            continue
        plain, residual = dict(answer.get("plain", {})), dict(answer.get("residual", {}))
        if set(answer) != {"plain", "residual"}:
            blocks.append(f"{call} has the keys {joined(sorted(answer))}; expected plain and residual")
        elif (plain.pop("block", None), residual.pop("block", None)) != ("plain", "residual"):
            blocks.append(f"{call}: the block of plain should be plain, and that of residual residual")
        elif (depths := (plain.get("n_blocks"), residual.get("n_blocks"))) != (float(n_blocks),) * 2:
            seen = [f"{depth:g}" if isinstance(depth, float) else repr(depth)[:40] for depth in depths]
            blocks.append(f"{call}: n_blocks of plain is {seen[0]}, and of residual {seen[1]}")
        plain.pop("block", None), residual.pop("block", None)
        different = sorted(name for name in plain | residual if plain.get(name) != residual.get(name))
        if different:
            equal.append(f"{call}: the set-ups differ in {joined(different)}")
        elif plain.get("seed") != float(seed):
            equal.append(f"{call}: the seed is not the one that was asked for")
        elif len(plain) < 6 or any(not isinstance(v, float) or v <= 0 for k, v in plain.items() if k != "seed"):
            equal.append(f"{call}: a set-up needs all of its fields, as numbers above zero")
    findings.mark("set-up-blocks", not blocks, listed(blocks) or "One plain and one residual network, equally deep.")
    findings.mark("set-up-equal", not equal, listed(equal) or "All but the block is equal.")
    return findings
