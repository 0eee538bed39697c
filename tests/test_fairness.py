"""Fairness: fingerprints against what networks really saw, and the paired test against a published result."""

from dataclasses import replace
from functools import partial

import pytest
import torch
from scipy import stats
from torch import nn

from course_utils.data import Data, Split
from course_utils.fairness import of_data, of_tensors, paired_gap
from course_utils.training import Comparison, Recipe, compare

RECIPE = Recipe(epochs=2, batch_size=8, learning_rate=0.05, milestones=())


@pytest.fixture(scope="module")
def data():
    g = torch.Generator().manual_seed(0)
    pixels, labels = torch.randn(40, 3, 8, 8, generator=g), torch.arange(40) % 3
    splits = Split(pixels[:29], labels[:29]), Split(pixels[29:], labels[29:])
    return Data("made up", *splits, ("a", "b", "c"), (0.0,) * 3, (1.0,) * 3)


class Net(nn.Module):
    """Keeps a copy of every picture that it is trained on, in order."""

    def __init__(self, wide=4):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, wide, 3), nn.Linear(wide, 3)
        self.seen = []

    def forward(self, x):
        if self.training:
            self.seen.append(x.clone())
        return self.fc(self.conv(x).relu().mean((2, 3)))


def compared(data, recipe=RECIPE, seeds=(0, 1)) -> Comparison:
    return compare({"a": Net, "b": partial(Net, wide=6)}, data, recipe, seeds, progress=False)


@pytest.mark.parametrize("augment", [False, True])
def test_equal_batch_fingerprints_go_with_equal_batches_and_others_with_others(data, augment):
    result = compared(data, replace(RECIPE, augment=augment))
    seen = {(name, k): torch.cat(result.models[name][k].seen) for name in "ab" for k in (0, 1)}
    prints = {(name, k): result.fingerprints[name][k].batches for name in "ab" for k in (0, 1)}
    for one in seen:
        for other in seen:
            assert (prints[one] == prints[other]) == torch.equal(seen[one], seen[other])


def test_what_two_networks_share_is_counted_and_equal_and_the_rest_is_not_claimed(data):
    a, b = (runs[0] for runs in compared(data).fingerprints.values())
    assert a.shared_tensors == b.shared_tensors == 1  # the bias of the classifier; all other shapes differ
    assert (a.shared, a.recipe, a.data) == (b.shared, b.recipe, b.data)
    assert a.start != b.start


def test_augmentation_another_recipe_and_other_data_change_their_fingerprints(data):
    mine = compared(data).fingerprints["a"][0]
    other = compared(data, replace(RECIPE, learning_rate=0.06)).fingerprints["a"][0]
    assert (mine.recipe != other.recipe, mine.batches == other.batches) == (True, True)
    pixels = data.train.pixels.clone()
    pixels[0, 0, 0, 0] += 1e-6
    assert of_data(replace(data, train=Split(pixels, data.train.labels))) != of_data(data)


def test_a_fair_comparison_says_so_and_an_unfair_one_names_what_differs(data):
    result = compared(data)
    assert result.unequal() == []
    first, second = result.fingerprints["b"]
    spoiled = {**result.fingerprints, "b": (first, replace(second, batches="0" * 16, shared="0" * 16))}
    assert replace(result, fingerprints=spoiled).unequal() == [
        "the batches or their order (seed 1)",
        "initial values of tensors that all networks have (seed 1)",
    ]


def test_a_fingerprint_of_tensors_sees_names_shapes_types_and_single_bits_but_not_their_order():
    one = {"a": torch.zeros(4), "b": torch.ones(2)}
    assert of_tensors(one.items()) == of_tensors(reversed(one.items()))
    for other in (
        {"a": torch.zeros(2, 2), "b": torch.ones(2)},
        {"a": torch.zeros(4).double(), "b": torch.ones(2)},
        {"c": torch.zeros(4), "b": torch.ones(2)},
        {"a": torch.tensor([0, 0, 0, -0.0]), "b": torch.ones(2)},
    ):
        assert of_tensors(one.items()) != of_tensors(other.items())


# ---- the gap ---------------------------------------------------------------------------------------------------------


def test_the_paired_test_gives_students_own_result_on_his_sleep_data():
    # Student (1908), "The probable error of a mean", hours of sleep gained by two drugs; R's manual, ?sleep:
    # t = -4.0621, df = 9, p-value = 0.002833, 95 percent confidence interval -2.4598858 -0.7001142, mean -1.58
    drug_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    drug_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    gap = paired_gap("drug 2", "drug 1", drug_2, drug_1)
    assert gap.mean == pytest.approx(-1.58)
    assert gap.p_value == pytest.approx(0.002833, abs=5e-7)
    assert (gap.low, gap.high) == pytest.approx((-2.4598858, -0.7001142), abs=5e-8)


def test_the_paired_test_agrees_with_scipys_for_three_seeds():
    plain, residual = [63.1, 57.2, 69.8], [97.5, 96.7, 97.8]
    gap = paired_gap("plain", "residual", plain, residual)
    theirs = stats.ttest_rel(residual, plain)
    assert gap.p_value == pytest.approx(theirs.pvalue)
    assert (gap.low, gap.high) == pytest.approx(tuple(theirs.confidence_interval()))


def test_one_seed_gives_a_gap_without_a_test():
    gap = paired_gap("plain", "residual", [60.0], [90.0])
    assert (gap.mean, gap.spread, gap.p_value) == (30.0, None, None)
    assert str(gap) == "residual - plain: +30.0 points, one seed: no spread, no test"


def test_equal_networks_have_no_gap():
    gap = paired_gap("a", "b", [60.0, 70.0], [60.0, 70.0])
    assert (gap.mean, gap.p_value) == (0.0, 1.0)


def test_a_comparison_gives_the_gap_of_its_last_test_accuracies(data):
    result = compared(data)
    finals = {name: [run.test_accuracy[-1] for run in runs] for name, runs in result.histories.items()}
    assert result.gap() == paired_gap("a", "b", finals["a"], finals["b"])
    assert result.gap("b", "a").mean == -result.gap().mean
    with pytest.raises(ValueError, match="no network 'c'; compared were 'a', 'b'"):
        result.gap("a", "c")
