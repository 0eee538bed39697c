"""The audit: its corpus is large enough, its exit status tells what it found, and adding an answer is adding a file."""

import shutil
import sys
from collections import Counter
from pathlib import Path

import pytest
import typer

from autograder.audit import (
    ANSWERS,
    CELLS,
    RIGHT,
    Audit,
    audit,
    handed_in,
    in_markdown,
    outcome,
    read_answers,
    run_audit,
)
from autograder.errors import UserError
from autograder.margins import TOLERANCES, deviations

BLOCK_IDS = """no-shortcut shortcut-after-first-conv shortcut-twice shortcut-subtracted relu-before-add
    relu-before-and-after-add no-final-relu no-relu-between-convs pre-activation missing-bn shared-bn
    projection-without-bn projection-always projection-missing projection-3x3 pad-shortcut stride-on-second-conv
    input-modified-in-place""".split()
NETWORK_IDS = """wrong-depth no-downsampling downsamples-every-block wrong-widths shared-block unregistered-blocks
    stage-skipped bare-stem softmax-output block-argument-ignored plain-blocks four-stages""".split()

COUNTS_RIGHT = "# The formula.\ndef count_conv_layers(n_blocks):\n    return 1 + 6 * n_blocks\n"
FORGETS_THE_STEM = "# Forgets the stem.\ndef count_conv_layers(n_blocks):\n    return 6 * n_blocks\n"


def corpus(folder: Path, **answers: str) -> Path:
    """A corpus of `count_conv_layers` answers: expectation (with _ for -) = source."""
    for number, (expected, source) in enumerate(answers.items()):
        path = folder / "count_conv_layers" / expected.replace("_", "-") / f"answer_{number}.py"
        path.parent.mkdir(parents=True)
        path.write_text(source)
    return folder


def exit_status(**options) -> int:
    try:
        audit(**options)
    except typer.Exit as leaving:
        return leaving.exit_code
    return 0


@pytest.fixture(scope="module")
def answers():
    return {answer.name: answer for answer in read_answers()}


def test_every_misconception_has_three_answers_that_differ(answers):
    found = Counter((answer.hand_in, answer.expected) for answer in answers.values())
    assert all(found["residual_block", name] >= 3 for name in BLOCK_IDS)
    assert all(found["simple_resnet", name] >= 3 for name in NETWORK_IDS)
    sources = ["".join(answer.path.read_text().split("\n", 1)[1].split()) for answer in answers.values()]
    assert len(set(sources)) == len(sources)


def test_there_are_enough_right_answers_and_wrong_ones_outside_of_the_list(answers):
    found = Counter((answer.hand_in, answer.expected) for answer in answers.values())
    assert found["residual_block", "right"] + found["simple_resnet", "right"] >= 40
    assert min(found["residual_block", "other"], found["simple_resnet", "other"]) >= 12
    assert all(found[hand_in, "right"] >= 3 and found[hand_in, "other"] >= 3 for hand_in in CELLS)


def test_judged_as_expected_is_exit_status_0(tmp_path):
    assert exit_status(answers=corpus(tmp_path, right=COUNTS_RIGHT, stem_forgotten=FORGETS_THE_STEM)) == 0


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ({"right": FORGETS_THE_STEM}, "a right answer lost points"),
        ({"other": COUNTS_RIGHT}, "a wrong answer lost no points"),
        ({"classifier_counted": FORGETS_THE_STEM}, "its misconception was not named"),
    ],
)
def test_a_planted_wrong_expectation_is_exit_status_1_and_named(tmp_path, capsys, planted, said):
    assert exit_status(answers=corpus(tmp_path, **planted)) == 1
    printed = " ".join(capsys.readouterr().out.split())
    assert said in printed and "answer_0" in printed


def test_a_verdict_that_depends_on_the_seed_is_exit_status_1(tmp_path, capsys):
    by_chance = COUNTS_RIGHT.replace("1 +", "(n_blocks % 2 or n_blocks < 4) +")
    asked = corpus(tmp_path, other=by_chance)
    verdicts = {tuple(outcome(read_answers(asked)[0], f"audit {index}").lost) for index in range(12)}
    assert exit_status(answers=asked, seeds=12) == 1 and len(verdicts) > 1
    assert "depends on the seed" in " ".join(capsys.readouterr().out.split())


def test_adding_an_answer_is_adding_a_file(tmp_path):
    folder = corpus(tmp_path, right=COUNTS_RIGHT)
    assert [answer.name for answer in read_answers(folder)] == ["count_conv_layers/right/answer_0"]
    (folder / "count_conv_layers" / "right" / "by_lambda.py").write_text(
        "# A lambda.\ncount_conv_layers = lambda n: 6 * n + 1"
    )
    found = run_audit(read_answers(folder), ["a seed"])
    assert [answer.path.stem for answer in found.right] == ["answer_0", "by_lambda"] and found.passed


@pytest.mark.parametrize(
    ("where", "source", "said"),
    [
        ("count_conv_layers/no-such-id/a.py", COUNTS_RIGHT, "no-such-id is not a misconception of count_conv_layers"),
        ("count_conv_layers/a.py", COUNTS_RIGHT, "is no answer"),
        ("count_layers/right/a.py", COUNTS_RIGHT, "is no answer"),
        ("count_conv_layers/right/a.py", "count_conv_layers = None\n", "does not say what it is"),
        (
            "count_conv_layers/other/a.py",
            "# Odd.\n# also fits: no-shortcut\n",
            "no-shortcut is not a misconception of count_conv_layers",
        ),
    ],
)
def test_an_answer_that_cannot_count_is_refused_by_name(tmp_path, where, source, said):
    path = tmp_path / where
    path.parent.mkdir(parents=True)
    path.write_text(source)
    with pytest.raises(UserError, match=said) as raised:
        read_answers(tmp_path)
    assert str(path) in str(raised.value)


def test_an_empty_corpus_is_refused(tmp_path):
    with pytest.raises(UserError, match="no answers"):
        read_answers(tmp_path)


def test_an_answer_whose_cell_raises_loses_everything(answers):
    found = outcome(answers["residual_block/other/never_defined"], "a seed")
    assert found.points_lost == CELLS["residual_block"].points and not found.named


def test_a_network_finds_a_right_block_in_its_notebook_and_leaves_no_trace(answers):
    before = sys.modules["__main__"]
    with handed_in(answers["simple_resnet/right/as_the_lesson_asks"]) as network:
        assert sys.modules["__main__"].ResidualBlock.__module__ == "__main__"
        assert sum(type(module).__name__ == "ResidualBlock" for module in network(2).modules()) == 6
    assert sys.modules["__main__"] is before and not hasattr(before, "SimpleResNet")


def test_an_id_that_also_fits_may_be_named_and_need_not(answers):
    answer = answers["residual_block/missing-bn/none_anywhere"]
    assert answer.also == {"projection-without-bn"}
    found = outcome(answer, "a seed")
    assert "missing-bn" in found.named and not found.wrongly_named


def test_verdicts_are_as_expected_and_the_same_under_other_seeds(answers):
    of_each = {hand_in: [answer for answer in answers.values() if answer.hand_in == hand_in] for hand_in in CELLS}
    sample = [answer for several in of_each.values() for answer in several[::16]]
    found = run_audit(sample, [f"sampled {index}" for index in range(3)])
    assert {answer.hand_in for answer in sample} == set(CELLS) and len(sample) > 20
    assert not (found.rejected or found.undetected or found.unsteady), (
        found.rejected,
        found.undetected,
        found.unsteady,
    )
    assert found.passed


def test_the_page_says_what_each_misconception_costs(answers):
    chosen = [answer for answer in answers.values() if answer.expected in ("no-shortcut", "stem-forgotten")]
    found = Audit(tuple(outcome(answer, "a seed") for answer in chosen))
    page = in_markdown(found)
    lost = sorted({one.points_lost for one in found.outcomes if one.answer.expected == "no-shortcut"})
    row = next(line for line in page.splitlines() if line.startswith("| `no-shortcut` |"))
    assert row.endswith(f"| {lost[0]:g}–{lost[-1]:g} |" if len(lost) > 1 else f"| {lost[0]:g} |")
    assert "stem-forgotten" in page and "relu-before-add" not in page


def test_right_answers_are_far_within_every_tolerance_and_a_cut_gradient_far_outside(answers):
    for name in ("residual_block/right/with_biases", "simple_resnet/right/conv_classifier"):
        found = deviations(answers[name], "a seed")
        assert {one.quantity for one in found} == set(TOLERANCES)
        assert all(one.value < TOLERANCES[one.quantity] / 3 for one in found)
    cut = [
        one.value
        for one in deviations(answers["residual_block/other/detached_shortcut"], "a seed")
        if one.quantity == "gradient"
    ]
    assert min(cut) > 2 * TOLERANCES["gradient"]


def test_the_corpus_can_be_moved(tmp_path, answers):
    shutil.copytree(ANSWERS / "what_differs", tmp_path / "what_differs")
    moved = {answer.name for answer in read_answers(tmp_path)}
    assert moved == {name for name, answer in answers.items() if answer.hand_in == "what_differs"}
    assert any(f"/{RIGHT}/" in name for name in moved)
