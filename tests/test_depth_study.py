"""Lesson 06: option A and the rule are judged as they should be, and the table shows what runs on disk hold."""

import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from verdicts import SEED, lost, named, verdict_on

from autograder import reference
from autograder.audit import CELLS
from autograder.judge import judge
from course_utils import check_padded_shortcut, check_what_went_wrong, runs
from course_utils.depth_table import MISSING, depth_table
from course_utils.evidence import pack
from course_utils.fairness import Fingerprints
from course_utils.measurements.depth import WORDS, made_up_pairs
from course_utils.plots import draw_padded_shortcut
from course_utils.seeding import Draws
from course_utils.training import Comparison, History, Recipe
from study.networks import PaddedShortcut


def by_study(x, out_channels, stride):
    return PaddedShortcut(x.shape[1], out_channels, stride)(x)


def test_the_studys_own_shortcut_gets_every_point_under_many_seeds():
    assert all(lost(verdict_on("padded_shortcut", by_study, f"seed {k}")) == set() for k in range(5))


def test_the_reference_is_what_a_loop_over_all_numbers_gives():
    x, out_channels, stride = torch.randn(2, 4, 7, 5), 10, 3
    expected = torch.zeros(2, 10, 3, 2)
    for channel in range(4):
        for row in range(3):
            for column in range(2):
                expected[:, channel + 3, row, column] = x[:, channel, 3 * row, 3 * column]
    assert torch.equal(reference.padded_shortcut(x, out_channels, stride), expected)


@pytest.mark.parametrize(
    ("wrong", "cost", "diagnosis"),
    [
        (
            lambda x, out, s: F.pad(x[..., ::s, ::s], (0, 0, 0, 0, 0, out - x.shape[1])),
            {"padded-channels", "padded-both"},
            ["zeros-on-one-side"],
        ),
        (
            lambda x, out, s: by_study(F.avg_pool2d(x, s, ceil_mode=True) if s > 1 else x, out, 1),
            {"padded-stride", "padded-both"},
            ["pooled-not-sliced"],
        ),
        (
            lambda x, out, s: by_study(x[:, :, ::s], out, 1),
            {"padded-shape", "padded-stride", "padded-both"},
            ["one-direction-only"],
        ),
        (lambda x, out, s: by_study(x, out, s).detach(), {"padded-gradient"}, []),
        (lambda x, out, s: by_study(x, out, s) if (s, out) != (1, x.shape[1]) else x + 1, {"padded-both"}, []),
    ],
)
def test_each_criterion_of_the_shortcut_is_lost_by_an_answer_that_fails_it(wrong, cost, diagnosis):
    verdict = verdict_on("padded_shortcut", wrong)
    assert lost(verdict) == cost and named(verdict) == diagnosis


def test_a_shortcut_that_changes_x_is_not_right():
    def doubles(x, out_channels, stride):
        x.mul_(2)
        return by_study(x, out_channels, stride) / 2

    assert "padded-stride" in lost(verdict_on("padded_shortcut", doubles))


def test_nothing_and_zeros_earn_no_values():
    assert verdict_on("padded_shortcut", lambda x, out, s: None).points == 0
    zeros = verdict_on("padded_shortcut", lambda x, out, s: by_study(x, out, s) * 0)
    assert zeros.points == 2  # for the shapes


def rule(shallow, deep, margin):
    """By hand, on errors."""
    error = {
        (who, which): 100 - getattr(history, f"{which}_accuracy")[-1]
        for who, history in (("shallow", shallow), ("deep", deep))
        for which in ("train", "test")
    }
    if error["deep", "train"] - error["shallow", "train"] > margin:
        return "degradation"
    return "overfitting" if error["deep", "test"] - error["shallow", "test"] > margin else "neither"


@pytest.mark.parametrize("form", [str, str.upper, lambda word: f" {word}\n", lambda word: f"'{word}'"])
def test_the_rule_gets_every_point_in_any_spelling(form):
    assert lost(verdict_on("what_went_wrong", lambda *given: form(rule(*given)))) == set()


@pytest.mark.parametrize(
    ("wrong", "cost", "diagnosis"),
    [
        (lambda *given: rule(*given).replace("degradation", "neither"), {"wrong-degradation"}, []),
        (lambda *given: rule(*given).replace("overfitting", "neither"), {"wrong-overfitting"}, []),
        (lambda s, d, m: rule(d, s, m), None, ["errors-the-wrong-way-round"]),
        (lambda s, d, m: rule(s, d, 0), {"wrong-overfitting", "wrong-neither"}, ["margin-ignored"]),
        (lambda *given: 1.0, {"wrong-degradation", "wrong-overfitting", "wrong-neither"}, []),
    ],
)
def test_each_criterion_of_the_rule_is_lost_by_an_answer_that_fails_it(wrong, cost, diagnosis):
    verdict = verdict_on("what_went_wrong", wrong)
    assert (cost is None or lost(verdict) == cost) and named(verdict) == diagnosis


@pytest.mark.parametrize("word", WORDS)
def test_one_word_for_all_pairs_earns_nothing(word):
    verdict = verdict_on("what_went_wrong", lambda shallow, deep, margin: word)
    assert verdict.points == 0 and "for every pair" in " ".join(mark.message for mark in verdict.marks)


def test_the_best_epochs_say_the_contrary_of_the_last_ones():
    for seed in range(20):
        for pair in made_up_pairs(Draws(str(seed), "what_went_wrong")):
            for field in ("train_accuracy", "test_accuracy"):
                shallow, deep = getattr(pair.shallow, field), getattr(pair.deep, field)
                assert all(0 < accuracy < 100 for accuracy in (*shallow, *deep))
                assert (max(shallow) - max(deep) > pair.margin) != (shallow[-1] - deep[-1] > pair.margin)


def test_no_pair_lies_near_its_margin_and_every_word_is_asked_for():
    for seed in range(20):
        pairs = made_up_pairs(Draws(str(seed), "what_went_wrong"))
        for pair in pairs:
            for field in ("train_accuracy", "test_accuracy"):
                away = getattr(pair.shallow, field)[-1] - getattr(pair.deep, field)[-1] - pair.margin
                assert abs(away) > 0.3 * pair.margin
        assert {rule(pair.shallow, pair.deep, pair.margin) for pair in pairs} == {
            "degradation",
            "overfitting",
            "neither",
        }
        for kind in {pair.kind for pair in pairs}:  # the loss tells nothing
            higher = [pair.deep.train_loss[-1] > pair.shallow.train_loss[-1] for pair in pairs if pair.kind == kind]
            assert sorted(higher) == [False, False, True, True]


def test_forged_words_are_refused():
    count = len(made_up_pairs(Draws(SEED, "what_went_wrong")))
    for words in (np.full(count, 7.0), np.zeros(3), np.full(count, np.nan)):
        evidence = pack("what_went_wrong", {"words": words}, {"errors": [None] * count}, SEED)
        with pytest.raises(ValueError):
            judge(CELLS["what_went_wrong"], evidence, SEED)


def test_the_checks_say_what_was_seen(capsys):
    check_padded_shortcut(by_study)
    check_what_went_wrong(rule)
    assert capsys.readouterr().out.count("All as expected") == 2
    check_padded_shortcut(lambda x, out, s: F.pad(x[..., ::s, ::s], (0, 0, 0, 0, 0, out - x.shape[1])))
    assert "half of the new ones on each side" in capsys.readouterr().out
    check_padded_shortcut(lambda x, out, s: x)
    assert "expected (1, 2, 2, 2)" in capsys.readouterr().out
    check_what_went_wrong(lambda shallow, deep, margin: None)
    assert "expected a word" in capsys.readouterr().out


def long_run(test_at: dict[int, float], training: float, seed: int = 0) -> History:
    test = [0.0] * 180
    for epoch, value in test_at.items():
        test[epoch - 1] = value
    return History(
        (1.0,) * 180,
        (0.0,) * 179 + (training,),
        tuple(test),
        (0.1,) * 180,
        1.0,
        19,
        1,
        Recipe(180, milestones=(), seed=seed),
    )


def finished_run(root, networks: dict, data: str = "cifar10") -> None:
    asked = {"data": data, "shortcut": "padded", "limit": None}
    folder = runs.begin("depth", asked, root)
    same = dict.fromkeys(networks, (Fingerprints("a", "b", "c", "d", "e", 1),))
    histories = {name: (history,) for name, history in networks.items()}
    runs.write_results(folder, Comparison(histories, {}, (0,), Recipe(180, milestones=()), same, data))
    runs.finish(folder)


def test_the_table_shows_what_was_measured_and_says_what_was_not(tmp_path):
    finished_run(tmp_path, {"plain-56": long_run({50: 77.5, 100: 86.25, 180: 86.0}, 95.5)})
    finished_run(tmp_path, {"plain-20": long_run({50: 1.0}, 1.0)}, data="digits")
    (tmp_path / "20990101-000000-other.unfinished").mkdir()
    rows = {row[0]: row[1:] for row in depth_table((tmp_path, tmp_path / "not-there")).rows}
    assert rows["plain-56"] == ("77.50 %", "86.25 %", "86.00 %", "95.50 %", "curve only")
    assert rows["plain-20"] == (*[MISSING] * 4, "curve only") and rows["residual-56"][-1] == "93.03 %"


def test_a_damaged_run_does_not_keep_the_table_from_being_shown(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text(json.dumps({"asked": {}}))
    table = depth_table((tmp_path,))
    assert all(row[1] == MISSING for row in table.rows) and "No run of 180 epochs" in table.note


def test_the_figure_says_in_words_what_it_shows():
    assert "zeros" in draw_padded_shortcut().alt and draw_padded_shortcut()._repr_png_()[0]


def test_the_last_epoch_of_each_network_counts_though_one_was_trained_for_longer():
    def in_common(shallow, deep, margin=2.0):
        last = min(len(shallow.train_accuracy), len(deep.train_accuracy)) - 1
        if shallow.train_accuracy[last] - deep.train_accuracy[last] > margin:
            return "degradation"
        return "overfitting" if shallow.test_accuracy[last] - deep.test_accuracy[last] > margin else "neither"

    assert lost(verdict_on("what_went_wrong", in_common))
