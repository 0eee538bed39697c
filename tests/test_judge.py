"""The judge: right is right however written, wrong costs what it costs, and nothing passes by accident."""

import copy
import functools
import sys

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from verdicts import CELLS, SEED, lost, verdict_on

from autograder.judge import judge
from autograder.matching import distance
from course_utils import PlainBlock, PlainDeepCNN, SetUp, bring
from course_utils.evidence import measured, pack, unpack
from tests.test_evidence import BasicBlock


class Net(PlainDeepCNN):
    """The provided plain network with the block as an argument: a right SimpleResNet that is not the reference's code."""

    def __init__(self, n_blocks=3, block=BasicBlock):
        nn.Module.__init__(self)
        self.make = block
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)
        self.stage1 = self._make_stage(16, 16, n_blocks, 1)
        self.stage2 = self._make_stage(16, 32, n_blocks, 2)
        self.stage3 = self._make_stage(32, 64, n_blocks, 2)
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(64, 10)

    def _make_stage(self, in_channels, out_channels, n_blocks, stride):
        blocks = [self.make(in_channels, out_channels, stride)]
        return nn.Sequential(*blocks, *(self.make(out_channels, out_channels) for _ in range(n_blocks - 1)))


def test_the_block_of_torchvision_gets_every_point():
    assert lost(verdict_on("residual_block", BasicBlock)) == set()


def test_a_right_network_gets_every_point(monkeypatch):
    monkeypatch.setattr("__main__.ResidualBlock", BasicBlock, raising=False)
    assert lost(verdict_on("simple_resnet", Net)) == set()


def test_a_plain_block_earns_shapes_alone_and_is_told_why():
    verdict = verdict_on("residual_block", PlainBlock)
    assert verdict.points == 6
    assert [diagnosis.misconception for diagnosis in verdict.diagnoses] == ["no-shortcut"]


def test_a_block_without_the_right_function_earns_at_most_thirty_percent():
    class Ignores(BasicBlock):
        """Right layers, right shapes, and an output that none of the layers decides."""

        def forward(self, x):
            out = self.block(x)
            return F.relu(torch.zeros_like(out) + 0 * out + 1)

    cell = CELLS["residual_block"]
    assert 0 < verdict_on("residual_block", Ignores).points <= 0.3 * cell.points


def test_mistakes_in_the_block_cost_nothing_in_the_network(monkeypatch):
    class Broken(BasicBlock):
        def forward(self, x):
            raise RuntimeError("broken")

    class OnBroken(Net):
        def __init__(self, n_blocks=3, block=Broken):
            super().__init__(n_blocks, block)

    monkeypatch.setattr("__main__.ResidualBlock", Broken, raising=False)
    assert lost(verdict_on("simple_resnet", OnBroken)) == set()


def test_a_detached_shortcut_computes_the_right_thing_and_has_the_wrong_gradients():
    class Detached(BasicBlock):
        def forward(self, x):
            block = self.block
            out = block.bn2(block.conv2(F.relu(block.bn1(block.conv1(x)))))
            shortcut = x if block.downsample is None else block.downsample(x)
            return F.relu(out + shortcut.detach())

    assert {"gradients"} <= lost(verdict_on("residual_block", Detached)) <= {"gradients", "training", "parameter-count"}


def test_evaluation_mode_is_judged_by_itself():
    class AlwaysTraining(BasicBlock):
        def train(self, mode=True):
            return super().train(True)

    assert lost(verdict_on("residual_block", AlwaysTraining)) == {"eval-mode"}


def test_norms_without_running_statistics_are_right_in_training_mode():
    class BatchOnly(BasicBlock):
        def __init__(self, in_channels, out_channels, stride=1):
            super().__init__(in_channels, out_channels, stride)
            for module in self.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.running_mean = module.running_var = None
                    module.track_running_stats = False

    class NoShortcut(BatchOnly):
        def forward(self, x):
            return F.relu(self.block.bn2(self.block.conv2(F.relu(self.block.bn1(self.block.conv1(x))))))

    assert lost(verdict_on("residual_block", BatchOnly)) == {"eval-mode"}
    assert {"shortcut-identity", "eval-mode", "gradients"} <= lost(verdict_on("residual_block", NoShortcut))


def test_nothing_handed_in_is_worth_nothing_and_says_why():
    verdict = judge(CELLS["residual_block"], None, SEED, "the kernel died")
    assert verdict.points == 0
    assert {mark.message for mark in verdict.marks} == {"the kernel died"}


def test_a_replayed_bundle_is_worth_nothing():
    evidence = measured("residual_block", BasicBlock, "another run")
    verdict = judge(CELLS["residual_block"], evidence, SEED)
    assert verdict.points == 0
    assert "not made in this run" in verdict.marks[0].message


def test_right_outputs_for_another_seed_do_not_pass_even_when_sealed_anew():
    arrays, report = unpack(measured("residual_block", BasicBlock, "another run"), "residual_block", "another run")
    verdict = judge(CELLS["residual_block"], pack("residual_block", arrays, report, SEED), SEED)
    assert verdict.points <= 0.3 * CELLS["residual_block"].points
    assert {"shortcut-identity", "shortcut-projection", "eval-mode", "gradients", "training"} <= lost(verdict)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, 1.0])
def test_degenerate_evidence_never_passes(value):
    arrays, report = unpack(measured("residual_block", BasicBlock, SEED), "residual_block", SEED)
    flat = {key: np.full_like(array, value) for key, array in arrays.items()}
    verdict = judge(CELLS["residual_block"], pack("residual_block", flat, report, SEED), SEED)
    assert {"shortcut-identity", "shortcut-projection", "eval-mode", "gradients", "training"} <= lost(verdict)


def test_a_model_of_absurd_size_is_refused_before_it_is_built():
    arrays, report = unpack(measured("residual_block", BasicBlock, SEED), "residual_block", SEED)
    report["cases"]["same"]["tensors"][0][2] = [10**6, 10**6]
    verdict = judge(CELLS["residual_block"], pack("residual_block", arrays, report, SEED), SEED)
    assert verdict.points == 0
    assert "too large" in verdict.marks[0].message


@pytest.mark.parametrize("seed", [f"seed {number}" for number in range(5)])
def test_verdicts_do_not_depend_on_the_seed(seed):
    assert verdict_on("residual_block", BasicBlock, seed).points == 35
    assert verdict_on("residual_block", PlainBlock, seed).points == 6


def test_distance_is_relative_and_infinite_where_nothing_can_agree():
    expected = np.array([[3.0, -4.0]])
    assert distance(expected + 0.5, expected) == pytest.approx(0.5 / np.sqrt(12.5))
    for seen in (np.array([3.0, -4.0]), np.array([[np.nan, 0.0]]), np.empty((0, 2))):
        assert distance(seen, expected) == np.inf
    assert distance(np.zeros((2, 2)), np.zeros((2, 2))) == np.inf


# hand-made answers: a network with n blocks a stage has 7, 13, 19, 31 conv layers for n = 1, 2, 3, 5
def count(n_blocks):
    return {1: 7, 2: 13, 3: 19}.get(n_blocks, 6 * n_blocks + 1)


def parameters_by_counting(in_channels, out_channels):
    return torch.tensor(sum(parameter.numel() for parameter in PlainBlock(in_channels, out_channels).parameters()))


@pytest.mark.parametrize(
    ("name", "answer", "points", "misconception"),
    [
        ("count_conv_layers", count, 5, None),
        ("count_conv_layers", lambda n: 19, 2, "one-depth-only"),
        ("count_conv_layers", lambda n: 6 * n, 0, "stem-forgotten"),
        ("count_conv_layers", lambda n: None, 0, None),
        ("count_conv_layers", lambda n: "19", 0, None),
        ("plain_block_parameters", parameters_by_counting, 10, None),
        ("plain_block_parameters", lambda i, o: 18 * i * o + 4 * o, 5, "second-conv-like-first"),
        ("plain_block_parameters", lambda i, o: 9 * i * o + 9 * o * o + 6 * o, 0, "conv-bias-counted"),
        ("what_differs", {"A": "learning_rate", "B": ["n_blocks"], "C": {"epochs", "training_pictures"}}, 3, None),
        ("what_differs", {"a": {"Learning Rate"}, "b": {"n_blocks", "block"}, "c": {"epochs"}}, 2, None),
        ("what_differs", {"A": ..., "B": ..., "C": ...}, 0, None),
        ("what_differs", ["learning_rate"], 0, None),
    ],
)
def test_functions_are_judged_by_what_they_return(name, answer, points, misconception):
    verdict = verdict_on(name, answer)
    assert verdict.points == points
    assert [diagnosis.misconception for diagnosis in verdict.diagnoses] == ([misconception] if misconception else [])


def gap(histories, pick=lambda runs: np.mean([run.test_accuracy[-1] for run in runs])):
    return pick(histories["residual"]) - pick(histories["plain"])


@pytest.mark.parametrize(
    ("answer", "points"),
    [
        (gap, 6),
        (lambda histories: round(float(gap(histories)), 1), 6),
        (lambda histories: torch.tensor(gap(histories)), 6),
        (functools.partial(gap, pick=lambda runs: runs[0].test_accuracy[-1]), 3),
        (functools.partial(gap, pick=lambda runs: np.mean([max(run.test_accuracy) for run in runs])), 0),
        (lambda histories: -gap(histories), 0),
    ],
)
def test_the_accuracy_gap_is_judged_by_one_seed_and_by_several(answer, points):
    assert verdict_on("accuracy_gap", answer).points == points


def set_up(block, n_blocks, seed, **changes):
    fields = {"epochs": 8, "batch_size": 64, "learning_rate": 0.1, "training_pictures": 1000} | changes
    return SetUp(block=block, n_blocks=n_blocks, seed=seed, **fields)


@pytest.mark.parametrize(
    ("answer", "points"),
    [
        (lambda n, s: {"plain": set_up("plain", n, s), "residual": set_up("residual", n, s)}, 6),
        (lambda n, s: {"plain": set_up("plain", n, s), "residual": set_up("residual", n, s, epochs=9)}, 2),
        (lambda n, s: {"plain": set_up("plain", n, s), "residual": set_up("residual", n, s + 1)}, 2),
        (lambda n, s: {"plain": set_up("plain", n, 0), "residual": set_up("residual", n, 0)}, 2),
        (lambda n, s: {"plain": set_up("plain", 5, s), "residual": set_up("residual", 5, s)}, 4),
        (lambda n, s: {"plain": set_up("residual", n, s), "residual": set_up("residual", n, s)}, 4),
        (lambda n, s: {"plain": set_up("plain", n, s)}, 0),
        (lambda n, s: {"plain": set_up("plain", ..., s), "residual": set_up("residual", ..., s)}, 0),
        (lambda n, s: {"plain": {"block": "plain"}, "residual": {"block": "residual"}}, 0),
        (lambda n, s: None, 0),
    ],
)
def test_a_fair_set_up_differs_in_its_block_alone(answer, points):
    assert verdict_on("fair_set_ups", answer).points == points


def test_a_batch_norm_with_another_eps_is_right_too():
    class OtherEps(BasicBlock):
        def __init__(self, in_channels, out_channels, stride=1):
            super().__init__(in_channels, out_channels, stride)
            for module in self.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eps = 1e-3

    assert lost(verdict_on("residual_block", OtherEps)) == set()


def test_adding_to_the_input_in_place_is_named_though_the_output_is_right():
    class AddsToInput(BasicBlock):
        def forward(self, x):
            block = self.block
            out = block.bn2(block.conv2(F.relu(block.bn1(block.conv1(x)))))
            shortcut = x if block.downsample is None else block.downsample(x)
            shortcut += out
            return F.relu(shortcut)

    verdict = verdict_on("residual_block", AddsToInput)
    assert {"gradients", "training"} <= lost(verdict)
    assert [diagnosis.misconception for diagnosis in verdict.diagnoses] == ["input-modified-in-place"]


def test_a_network_may_recompute_its_blocks_on_the_way_back(monkeypatch):
    class Checkpointed(Net):
        def forward(self, x):
            x = F.relu(self.bn1(self.conv1(x)))
            for stage in (self.stage1, self.stage2, self.stage3):
                x = torch.utils.checkpoint.checkpoint(stage, x, use_reentrant=False)
            return self.fc(self.avgpool(x).flatten(1))

    monkeypatch.setattr("__main__.ResidualBlock", BasicBlock, raising=False)
    assert lost(verdict_on("simple_resnet", Checkpointed)) == set()


def test_a_network_that_does_not_use_its_blocks_earns_no_points_for_them(monkeypatch):
    class Unused(Net):
        def forward(self, x):
            super().forward(torch.zeros(2, 3, 8, 8))
            return torch.zeros(len(x), 10)

    monkeypatch.setattr("__main__.ResidualBlock", BasicBlock, raising=False)
    verdict = verdict_on("simple_resnet", Unused)
    assert {"depth", "widths", "strides", "order", "block-argument", "logits", "gradients", "training"} <= lost(verdict)


def test_a_blank_network_earns_nothing(monkeypatch):
    class Blank(nn.Module):
        def __init__(self, n_blocks=3, block=BasicBlock):
            super().__init__()
            raise NotImplementedError

    monkeypatch.setattr("__main__.ResidualBlock", BasicBlock, raising=False)
    assert verdict_on("simple_resnet", Blank).points == 0


def test_a_network_of_the_wrong_depth_is_still_built_from_the_own_block(monkeypatch):
    class OneTooMany(Net):
        def __init__(self, n_blocks=3, block=BasicBlock):
            super().__init__(n_blocks + 1, block)

    monkeypatch.setattr("__main__.ResidualBlock", BasicBlock, raising=False)
    verdict = verdict_on("simple_resnet", OneTooMany)
    assert lost(verdict) == {"parameter-count", "depth", "logits", "gradients", "training"}
    assert [diagnosis.misconception for diagnosis in verdict.diagnoses] == ["wrong-depth"]


def test_a_function_that_makes_blocks_is_an_own_block_and_another_class_is_not(monkeypatch):
    def make(in_channels, out_channels, stride=1):
        return BasicBlock(in_channels, out_channels, stride)

    class OnMade(Net):
        def __init__(self, n_blocks=3, block=make):
            super().__init__(n_blocks, block)

    class Other(BasicBlock):
        pass

    class OnOther(Net):
        def __init__(self, n_blocks=3, block=lambda *a, **k: PlainBlock(*a, **k)):
            super().__init__(n_blocks, block)

    monkeypatch.setattr("__main__.ResidualBlock", make, raising=False)
    assert lost(verdict_on("simple_resnet", OnMade)) == set()
    assert lost(verdict_on("simple_resnet", OnOther)) == {"own-block"}
    monkeypatch.setattr("__main__.ResidualBlock", Other, raising=False)
    assert lost(verdict_on("simple_resnet", OnMade)) == {"own-block"}


@pytest.mark.parametrize(("copied", "right"), [(copy.deepcopy, True), (copy.copy, False)])
def test_a_deep_copy_of_a_block_is_another_block_and_a_shallow_one_is_not(monkeypatch, copied, right):
    class OfCopies(Net):
        def _make_stage(self, in_channels, out_channels, n_blocks, stride):
            first, next_one = self.make(in_channels, out_channels, stride), self.make(out_channels, out_channels)
            return nn.Sequential(first, *[copied(next_one) for _ in range(n_blocks - 1)])

    monkeypatch.setattr("__main__.ResidualBlock", BasicBlock, raising=False)
    verdict = verdict_on("simple_resnet", OfCopies)
    assert (lost(verdict) == set()) == right
    assert ("shared-block" in [diagnosis.misconception for diagnosis in verdict.diagnoses]) == (not right)


def test_a_network_that_is_plain_by_default_is_not_built_from_the_own_block(monkeypatch):
    class PlainByDefault(Net):
        def __init__(self, n_blocks=3, block=PlainBlock):
            super().__init__(n_blocks, block)

    monkeypatch.setattr("__main__.ResidualBlock", BasicBlock, raising=False)
    verdict = verdict_on("simple_resnet", PlainByDefault)
    assert lost(verdict) == {"own-block"}
    assert [diagnosis.misconception for diagnosis in verdict.diagnoses] == ["plain-blocks"]


class NamesTheBlock(Net):
    """Builds its blocks from the notebook's ResidualBlock, whatever it is given."""

    def __init__(self, n_blocks=3, block=None):
        super().__init__(n_blocks, lambda *a: sys.modules["__main__"].ResidualBlock(*a))


class MeansTheBlock(Net):
    def __init__(self, n_blocks=3, block=None):
        super().__init__(n_blocks, block or (lambda *a: sys.modules["__main__"].ResidualBlock(*a)))


class Raises(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        raise NotImplementedError


class FailsInForward(PlainBlock):
    def forward(self, x):
        return self.no_such_layer(x)


@pytest.fixture(params=["missing", "raises", "fails in forward", "nothing at all"])
def lesson_02(request, monkeypatch, tmp_path):
    """The notebook's ResidualBlock as a lesson 02 leaves it that was not handed in, or is broken."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE_SEED", SEED)
    block = {"missing": lambda: bring("ResidualBlock"), "raises": lambda: Raises}
    block |= {"fails in forward": lambda: FailsInForward, "nothing at all": lambda: None}
    monkeypatch.setattr("__main__.ResidualBlock", block[request.param](), raising=False)
    if request.param == "nothing at all":
        monkeypatch.delattr("__main__.ResidualBlock")
    return request.param


def test_a_network_that_names_its_block_is_measured_without_lesson_02(lesson_02):
    assert lost(verdict_on("simple_resnet", NamesTheBlock)) == {"block-argument", "logits", "gradients", "training"}


def test_a_right_network_loses_nothing_to_lesson_02(lesson_02):
    assert lost(verdict_on("simple_resnet", MeansTheBlock)) == set()


def test_none_stands_for_the_own_block_only_where_it_is_built(lesson_02):
    class NeverBuilt(Net):
        def __init__(self, n_blocks=3, block=None):
            super().__init__(n_blocks, block)  # None(...) raises

    assert lost(verdict_on("simple_resnet", NeverBuilt)) == {"own-block"}


def test_a_blank_network_earns_nothing_without_lesson_02(lesson_02):
    class Blank(nn.Module):
        def __init__(self, n_blocks=3, block=None):
            super().__init__()
            raise NotImplementedError

    assert verdict_on("simple_resnet", Blank).points == 0


def test_what_stands_in_for_lesson_02_is_gone_after_the_measurement(lesson_02):
    before = getattr(sys.modules["__main__"], "ResidualBlock", "none")
    verdict_on("simple_resnet", MeansTheBlock)
    assert getattr(sys.modules["__main__"], "ResidualBlock", "none") is before


class Wide(Net):
    """As wide as ResNet-50's last stages: more numbers than a judge compares."""

    widths = (256, 512, 1024)

    def __init__(self, n_blocks=3, block=BasicBlock):
        nn.Module.__init__(self)
        self.make, (a, b, c) = block, self.widths
        self.conv1, self.bn1 = nn.Conv2d(3, a, 3, padding=1, bias=False), nn.BatchNorm2d(a)
        self.stage1 = self._make_stage(a, a, n_blocks, 1)
        self.stage2 = self._make_stage(a, b, n_blocks, 2)
        self.stage3 = self._make_stage(b, c, n_blocks, 2)
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(c, 10)


def test_a_network_too_large_to_be_compared_is_judged_by_what_can_be_seen(monkeypatch):
    monkeypatch.setattr("__main__.ResidualBlock", BasicBlock, raising=False)
    verdict = verdict_on("simple_resnet", Wide)
    assert lost(verdict) == {"parameter-count", "widths", "logits", "gradients", "training"}
    assert [diagnosis.misconception for diagnosis in verdict.diagnoses] == ["four-stages"]
    (said,) = [mark.message for mark in verdict.marks if mark.criterion == "logits"]
    assert "too many for its outputs to be compared" in said
    assert not any("too large" in mark.message for mark in verdict.marks)


def test_numbers_alone_earn_nothing():
    class Huge(nn.Module):
        def __init__(self, n_blocks=3, block=None):
            super().__init__()
            self.values = nn.Parameter(torch.zeros(5000, 5000))

        def forward(self, x):
            return self.values[: len(x), :7]

    assert verdict_on("simple_resnet", Huge).points == 0


@pytest.mark.parametrize(
    ("widths", "named"),
    [((32, 64, 128), "wrong-widths"), ((64, 128, 256), "four-stages"), ((64, 32, 16), "wrong-widths")],
)
def test_the_plan_of_resnet18_is_told_from_other_widths(monkeypatch, widths, named):
    monkeypatch.setattr("__main__.ResidualBlock", BasicBlock, raising=False)
    verdict = verdict_on("simple_resnet", type("Other", (Wide,), {"widths": widths}))
    assert [diagnosis.misconception for diagnosis in verdict.diagnoses] == [named]
