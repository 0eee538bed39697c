"""The public checks: right answers pass however they are written, wrong ones are told what was seen and expected."""

import functools
import inspect
from dataclasses import asdict, replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models.resnet import BasicBlock

from autograder.audit import RIGHT, handed_in, read_answers
from course_utils import checks
from course_utils.checks import (
    check_accuracy_gap,
    check_count_conv_layers,
    check_differences,
    check_fair_set_ups,
    check_plain_block_parameters,
    check_residual_block,
    check_simple_resnet,
)
from course_utils.models import PlainBlock
from course_utils.training import SetUp

ALL_CHECKS = (
    check_accuracy_gap,
    check_count_conv_layers,
    check_differences,
    check_fair_set_ups,
    check_plain_block_parameters,
    check_residual_block,
    check_simple_resnet,
)


@pytest.fixture
def say(capsys):
    """Run a check and return what it printed."""

    def say(check, *answer) -> str:
        capsys.readouterr()
        assert check(*answer) is None
        return capsys.readouterr().out

    return say


def crosses(printed: str) -> list[str]:
    return [line for line in printed.splitlines() if line.startswith("✗")]


# Blocks


class TorchvisionBlock(BasicBlock):
    """torchvision's basic block with its downsampling branch as He et al.'s option B: the oracle for right answers."""

    def __init__(self, in_channels, out_channels, stride=1):
        branch = None
        if stride != 1 or in_channels != out_channels:
            branch = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
            )
        super().__init__(in_channels, out_channels, stride, branch)


class OtherWords(nn.Module):
    """Right too: other names, Sequential, biases, in-place addition, an unused layer."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.never_used = nn.Linear(3, 3)
        self.path = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, (3, 3), stride, 1),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, 3, padding="same"),
            nn.BatchNorm2d(out_channels),
        )
        same = in_channels == out_channels and stride == 1
        projection = [nn.Conv2d(in_channels, out_channels, 1, stride), nn.BatchNorm2d(out_channels)]
        self.skip = nn.Sequential(*([] if same else projection))

    def forward(self, x):
        y = self.path(x)
        y += self.skip(x)
        return y.relu_()


class VectorAfter(nn.Module):
    """Two learned vectors of their own: one joins each of the layers named `where` ("conv1", say) by `how`."""

    def __init__(self, block, where, how):
        super().__init__()
        self.block = block
        for name in where:
            layer = getattr(block, name)
            vector = nn.Parameter(torch.rand(layer.weight.shape[0], 1, 1))
            self.register_parameter(name, vector)
            layer.register_forward_hook(lambda module, given, out, vector=vector: how(out, vector))

    def forward(self, x):
        return self.block(x)


def biases_kept_apart(in_channels, out_channels, stride=1):
    return VectorAfter(TorchvisionBlock(in_channels, out_channels, stride), ("conv1", "conv2"), torch.add)


def scales_after_norms(in_channels, out_channels, stride=1):
    return VectorAfter(TorchvisionBlock(in_channels, out_channels, stride), ("bn1", "bn2"), torch.mul)


@pytest.mark.parametrize(
    "block", [TorchvisionBlock, OtherWords, functools.partial(TorchvisionBlock), biases_kept_apart]
)
def test_a_right_block_passes_however_it_is_written(say, block):
    printed = say(check_residual_block, block)
    assert not crosses(printed) and "All as expected." in printed
    assert "(2, 16, 32, 32) → (2, 32, 16, 16)" in printed


def test_biases_of_convolutions_are_allowed_and_mentioned(say):
    assert "4,672 parameters, and 32 biases of convolutions" in say(check_residual_block, OtherWords)


def test_vectors_that_no_norm_takes_away_are_counted(say):
    assert "32 more" in say(check_residual_block, scales_after_norms)


def variant(change):
    """The oracle block with one change: `change(block, in_channels, out_channels, stride)` after it was built."""

    class Changed(TorchvisionBlock):
        def __init__(self, in_channels, out_channels, stride=1):
            super().__init__(in_channels, out_channels, stride)
            change(self, in_channels, out_channels, stride)

    return Changed


def no_stride(block, in_channels, out_channels, stride):
    block.conv1.stride = (1, 1)
    if block.downsample is not None:
        block.downsample[0].stride = (1, 1)


def big_projection(block, in_channels, out_channels, stride):
    if block.downsample is not None:
        block.downsample[0] = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)


def bare_projection(block, in_channels, out_channels, stride):
    if block.downsample is not None:
        block.downsample[1] = nn.Identity()


def projection_always(block, in_channels, out_channels, stride):
    block.downsample = nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
    )


def shared_norm(block, *_):
    block.bn2 = block.bn1


def no_padding(block, *_):
    block.conv1.padding = block.conv2.padding = (0, 0)


def no_projection(block, *_):
    block.downsample = None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (no_stride, "returned (2, 32, 32, 32) for stride 2; expected (2, 32, 16, 16): which layer should halve"),
        (big_projection, "so 4,096 more: how big must the kernel of the projection be"),
        (bare_projection, "so 64 fewer: has every convolution, in the shortcut too, a batch norm of its own?"),
        (projection_always, "so 288 more: does x need a projection where it has the right shape already?"),
        (shared_norm, "so 32 fewer: has every convolution a batch norm of its own?"),
        (no_projection, "Two tensors of different shapes meet there"),
        (no_padding, "RuntimeError: The size of tensor a (28) must match the size of tensor b (32)"),
    ],
)
def test_a_block_with_a_wrong_layer_is_told_what_was_seen(say, change, words):
    printed = say(check_residual_block, variant(change))
    assert words in printed and "not yet as expected" in printed


def with_ending(ending):
    class Ended(TorchvisionBlock):
        def forward(self, x):
            path = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
            return ending(path, x if self.downsample is None else self.downsample(x))

    return Ended


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        (lambda path, x: F.relu(path), "Yours returned zero everywhere"),
        (lambda path, x: path + x, "Yours returned x, its negative numbers included"),
        (lambda path, x: F.relu(path) + x, "Yours returned x, its negative numbers included"),
        (lambda path, x: F.relu(path + 2 * x), "how often is x added?"),
        (lambda path, x: F.relu(path - x), "which sign has x?"),
        (lambda path, x: F.relu(path + x + 1), "Yours returned something else"),
    ],
)
def test_x_must_come_through_once_and_then_meet_relu(say, ending, words):
    line = crosses(say(check_residual_block, with_ending(ending)))[-1]
    assert "the block should return ReLU(x)" in line and words in line


def test_a_plain_block_is_told_that_x_does_not_come_through(say):
    assert "where is x added" in say(check_residual_block, PlainBlock)


class Stub(nn.Module):
    """As a student finds it."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        # TODO 1: the layers
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3)
        # TODO 2: the shortcut
        # YOUR CODE HERE
        raise NotImplementedError()

    def forward(self, x):
        # TODO 3: put it together
        raise NotImplementedError()


class Dots(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = ...

    def forward(self, x):
        return self.conv1(x)


class NoReturn(TorchvisionBlock):
    def forward(self, x):
        super().forward(x)


class NoForward(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()


class Typo(TorchvisionBlock):
    def forward(self, x):
        return self.conv_one(x)


@pytest.mark.parametrize(
    ("block", "words"),
    [
        (Stub, "TODO 2 is still open (line "),
        (Dots, "a TODO is still open, something is `...` (met in line "),
        (
            NoReturn,
            "forward returned nothing (None); expected a tensor (2, 16, 32, 32): does forward end with `return`?",
        ),
        (NoForward, "NoForward has no forward. Is it there, and indented so that it belongs to the class?"),
        (Typo, "AttributeError: 'Typo' object has no attribute 'conv_one' (line "),
        (Typo, "`return self.conv_one(x)`"),
    ],
)
def test_code_that_stops_is_told_where_and_why(say, block, words):
    assert words in say(check_residual_block, block)


# Networks


class Net(nn.Module):
    """A right network, from which the wrong ones below are made."""

    def __init__(self, n_blocks=3, block=TorchvisionBlock):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU())
        self.stages = nn.ModuleList(
            [
                self.stage(16, 16, n_blocks, 1, block),
                self.stage(16, 32, n_blocks, 2, block),
                self.stage(32, 64, n_blocks, 2, block),
            ]
        )
        self.fc = nn.Linear(64, 10)

    def stage(self, a, b, n, stride, block):
        return nn.Sequential(block(a, b, stride), *[block(b, b) for _ in range(n - 1)])

    def features(self, x):
        x = self.stem(x)
        for stage in self.stages:
            x = stage(x)
        return x.mean((2, 3))

    def forward(self, x):
        return self.fc(self.features(x))


class OneByOneClassifier(Net):
    def __init__(self, n_blocks=3, block=TorchvisionBlock):
        super().__init__(n_blocks, block)
        self.fc = nn.Conv2d(64, 10, 1)

    def forward(self, x):
        return self.fc(self.features(x)[:, :, None, None]).flatten(1)


class SharedBlock(Net):
    def stage(self, a, b, n, stride, block):
        return nn.Sequential(block(a, b, stride), *([block(b, b)] * (n - 1)))


class OwnBlockOnly(Net):
    def stage(self, a, b, n, stride, block):
        return super().stage(a, b, n, stride, TorchvisionBlock)


class Hidden(list):
    """A plain list of blocks that runs like a Sequential: PyTorch does not know what is in it."""

    def __call__(self, x):
        return functools.reduce(lambda x, block: block(x), self, x)


class HiddenBlocks(Net):
    def __init__(self, n_blocks=3, block=TorchvisionBlock):
        super().__init__(n_blocks, block)
        stages = self.stages
        del self.stages
        self.stages = [Hidden(stage) for stage in stages]


class TooDeep(Net):
    def stage(self, a, b, n, stride, block):
        return super().stage(a, b, n + 1, stride, block)


class Softmax(Net):
    def forward(self, x):
        return super().forward(x).softmax(1)


class LogSoftmax(Net):
    def forward(self, x):
        return super().forward(x).log_softmax(1)


class NoPool(Net):
    def forward(self, x):
        for layer in (self.stem, *self.stages):
            x = layer(x)
        return x


class FixedPool(Net):
    def features(self, x):
        x = self.stem(x)
        for stage in self.stages:
            x = stage(x)
        return F.avg_pool2d(x, 8).flatten(1)


class NarrowStem(Net):
    def __init__(self, n_blocks=3, block=TorchvisionBlock):
        super().__init__(n_blocks, block)
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU())


@pytest.mark.parametrize("network", [Net, OneByOneClassifier])
def test_a_right_network_passes_however_it_is_written(say, network):
    printed = say(check_simple_resnet, network)
    assert not crosses(printed) and "All as expected." in printed
    assert "(2, 3, 32, 32) → (2, 10)" in printed
    assert "272,474 parameters" in printed and "269,722 parameters" in printed  # 0.27 M: He et al. 2016, Table 6


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (SharedBlock, "found 6 PlainBlocks in it; expected 9, 3 in each of three stages"),
        (OwnBlockOnly, "found no PlainBlock in it. Does _make_stage build the class that it was given"),
        (HiddenBlocks, "does PyTorch know the blocks (a plain Python list hides them)?"),
        (TooDeep, "found 12 PlainBlocks in it; expected 9"),
        (Softmax, "the outputs are probabilities (or their logarithms); expected logits"),
        (LogSoftmax, "the outputs are probabilities (or their logarithms); expected logits"),
        (NoPool, "(2, 3, 32, 32) → (2, 64, 8, 8); expected (2, 10): what makes one row of numbers of each picture"),
        (FixedPool, "in evaluation, on one picture (1, 3, 8, 8) stopped with RuntimeError"),
        (NarrowStem, "has 269,338 parameters; expected 269,722, so 384 fewer"),
        (Stub, "TypeError"),
    ],
)
def test_a_wrong_network_is_told_what_was_seen(say, network, words):
    assert any(words in line for line in crosses(say(check_simple_resnet, network)))


def test_a_network_over_a_missing_block_is_checked_and_told_what_is_missing(say, tmp_path, monkeypatch):
    from course_utils.carry import bring

    monkeypatch.chdir(tmp_path)
    block = bring("ResidualBlock")

    class MyNet(Net):
        def __init__(self, n_blocks=3, block=block):
            super().__init__(n_blocks, block)

    printed = say(check_simple_resnet, MyNet)
    assert "269,722 parameters" in printed
    (line,) = crosses(printed)
    assert "Finish lesson 02_residual_block" in line


# Counting


def test_right_counts_pass(say):
    assert not crosses(say(check_count_conv_layers, lambda n: 1 + 3 * 2 * n))
    assert not crosses(say(check_plain_block_parameters, lambda a, b: 9 * b * (a + b) + 4 * b))
    assert not crosses(say(check_count_conv_layers, lambda n: torch.tensor(1 + 6 * n)))


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (lambda n: 6 * n + 2, "returned 8; expected 7: is the last, fully connected layer a convolution?"),
        (lambda n: 6 * n, "returned 6; expected 7: which convolution comes before the first stage?"),
        (lambda n: 3 * n + 1, "how many convolutions has one block?"),
        (lambda n: 2 * n + 1, "how many stages are there?"),
        (lambda n: None, "returned nothing (None); expected a number: does the function end with `return`?"),
        (lambda n: ..., "returned `...`; expected a number: the TODO is still open"),
        (lambda n: "19", "returned '19'; expected a number"),
        (lambda n: 1 / 0, "stopped with ZeroDivisionError: division by zero"),
    ],
)
def test_wrong_counts_of_layers_are_asked_about(say, count, words):
    printed = say(check_count_conv_layers, count)
    assert words in printed and crosses(printed)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (lambda a, b: 9 * b * (a + b), "returned 4,608; expected 4,672: which layers besides the convolutions learn"),
        (lambda a, b: 9 * b * (a + b) + 2 * b, "how many numbers does one batch norm learn"),
        (lambda a, b: 9 * b * (a + b) + 6 * b, "do these convolutions have a bias?"),
        (lambda a, b: 9 * b * (a + b) + 8 * b, "which numbers of a batch norm are learned, and which only observed?"),
    ],
)
def test_wrong_counts_of_parameters_are_asked_about(say, count, words):
    assert words in say(check_plain_block_parameters, count)


# Lesson 04

ONE = SetUp("plain", n_blocks=5, epochs=8, batch_size=64, learning_rate=0.1, training_pictures=1000, seed=0)
PAIRS = {
    "A": (ONE, replace(ONE, block="residual", seed=1)),
    "B": (ONE, replace(ONE, block="residual", batch_size=32, learning_rate=0.01)),
}


def test_right_differences_pass_in_any_collection(say):
    assert not crosses(say(check_differences, {"A": {"seed"}, "B": ["learning_rate", "batch_size"]}, PAIRS))
    assert not crosses(say(check_differences, {"A": "seed", "B": ("batch_size", "learning_rate")}, PAIRS))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"A": {"epochs"}, "B": ...}, "A: epochs is 8 in both; what differs besides the block?"),
        ({"A": {"seed"}, "B": {"batch_size"}}, "B: batch_size differs, and that is not all"),
        ({"A": {"seed", "epochs"}}, "A: epochs is 8 in both"),
        ({"A": {"seed"}}, "B: no answer yet"),
        ({"A": {"block", "seed"}}, "A: the block is what we want to compare"),
        ({"A": {"sed"}}, "A: sed is no field of a SetUp; those are block, n_blocks, epochs"),
        ({"A": set()}, "A: names no field"),
        ({"A": 3}, "A: found 3; expected names of fields"),
        (..., "what_differs is `...`; expected a dict"),
    ],
)
def test_wrong_differences_are_asked_about(say, answer, words):
    assert any(words in line for line in crosses(say(check_differences, answer, PAIRS)))


def test_differences_without_the_records_are_checked_in_form_alone(say):
    assert not crosses(say(check_differences, {"A": {"epochs"}, "B": {"seed"}, "C": {"n_blocks"}}))
    assert "C: no answer yet" in say(check_differences, {"A": {"epochs"}, "B": {"seed"}})


def pair(n_blocks, seed, **changes):
    plain = replace(ONE, n_blocks=n_blocks, seed=seed)
    return {"plain": plain, "residual": replace(plain, block="residual", **changes)}


@pytest.mark.parametrize("form", [lambda side: side, asdict])
def test_fair_set_ups_pass(say, form):
    answer = lambda n_blocks, seed: {name: form(side) for name, side in pair(n_blocks, seed).items()}  # noqa: E731
    assert not crosses(say(check_fair_set_ups, answer))


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda n, s: pair(n, s, learning_rate=0.01), "learning_rate is 0.1 for plain and 0.01 for residual"),
        (lambda n, s: pair(5, s), "n_blocks of plain is 5; expected 3, which was asked for"),
        (lambda n, s: pair(n, s + 1), "seed of plain is 1; expected 0"),
        (
            lambda n, s: dict.fromkeys(("plain", "residual"), pair(n, s)["plain"]),
            "the block of residual is 'plain'; expected \"residual\"",
        ),
        (lambda n, s: list(pair(n, s).values()), "expected a dict with the keys"),
        (lambda n, s: {"plain": 3, "residual": 4}, "plain is 3; expected a SetUp"),
        (lambda n, s: None, "returned nothing (None)"),
    ],
)
def test_unfair_set_ups_are_asked_about(say, function, words):
    assert any(words in line for line in crosses(say(check_fair_set_ups, function)))


def final_mean(runs, field="test_accuracy"):
    return sum(getattr(run, field)[-1] for run in runs) / len(runs)


def test_a_right_gap_passes(say):
    printed = say(check_accuracy_gap, lambda h: final_mean(h["residual"]) - final_mean(h["plain"]))
    assert not crosses(printed) and printed.count("✓") == 3


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        (lambda h: final_mean(h["plain"]) - final_mean(h["residual"]), "which is to be subtracted from which?"),
        (lambda h: (final_mean(h["residual"]) - final_mean(h["plain"])) / 100, "in percentage points"),
        (lambda h: h["residual"][0].test_accuracy[0] - h["plain"][0].test_accuracy[0], "the final epoch of each run"),
        (lambda h: max(h["residual"][0].test_accuracy) - max(h["plain"][0].test_accuracy), "the final epoch of each"),
        (lambda h: h["residual"][0].test_accuracy[-1] - h["plain"][0].test_accuracy[-1], "what about the other seeds?"),
        (lambda h: len(h["plain"]) * (final_mean(h["residual"]) - final_mean(h["plain"])), "the mean over the seeds?"),
        (lambda h: abs(final_mean(h["residual"]) - final_mean(h["plain"])), "what should the gap say then?"),
        (
            lambda h: final_mean(h["residual"], "train_accuracy") - final_mean(h["plain"], "train_accuracy"),
            "that on the training or that on the test pictures?",
        ),
        (lambda h: h["residual"] - h["plain"], "TypeError"),
    ],
)
def test_a_wrong_gap_is_asked_about(say, gap, words):
    assert any(words in line for line in crosses(say(check_accuracy_gap, gap)))


# All of them


@pytest.mark.parametrize("check", ALL_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("answer", [None, ..., 3, "text", [], {}, object, print, nn.ReLU()], ids=repr)
def test_nothing_that_is_handed_to_a_check_gets_out_as_an_exception(say, check, answer):
    assert crosses(say(check, answer))


@pytest.mark.parametrize("check", ALL_CHECKS, ids=lambda check: check.__name__)
def test_an_exception_of_any_kind_becomes_a_line(say, check):
    class Odd(Exception):
        pass

    def stops(*args, **kwargs):
        raise Odd

    if check is not check_differences:  # the one that calls nothing
        assert "stopped with Odd: no message (line " in say(check, stops)


def test_checks_leave_the_random_numbers_of_the_notebook_alone(say):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    say(check_residual_block, TorchvisionBlock)
    assert torch.equal(torch.rand(3), expected)


def test_the_same_answer_gets_the_same_words_again(say):
    assert say(check_simple_resnet, SharedBlock) == say(check_simple_resnet, SharedBlock)


def test_no_check_holds_layers_that_an_answer_could_be_copied_from():
    source = inspect.getsource(checks)
    assert not any(layer in source for layer in ("nn.Conv2d(", "nn.BatchNorm2d(", "nn.Sequential(", "nn.Linear("))


RIGHT_ANSWERS = [answer for answer in read_answers() if answer.expected == RIGHT]


@pytest.mark.parametrize("hand_in", sorted({answer.hand_in for answer in RIGHT_ANSWERS}))
def test_right_answers_of_the_audit_pass_the_check_of_their_lesson(say, hand_in):
    check = getattr(checks, {"what_differs": "check_differences"}.get(hand_in, f"check_{hand_in}"))
    for answer in RIGHT_ANSWERS:
        if answer.hand_in == hand_in:
            with handed_in(answer) as given:
                assert not crosses(say(check, given)), answer.path
