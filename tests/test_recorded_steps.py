"""Steps that are recorded as a CUDA graph: they learn what plain steps learn, or are not recorded, and that is said."""

import pytest
import torch
from cuda_graphs import played
from torch import nn

from course_utils import training
from course_utils.data import Data, Split
from course_utils.training import Recipe, fit

RECIPE = Recipe(epochs=3, batch_size=16, learning_rate=0.02, milestones=(2,))


def made_up() -> Data:
    g = torch.Generator().manual_seed(0)
    labels = torch.arange(72) % 3
    images = torch.randn(72, 3, 6, 6, generator=g) + 1.5 * labels.view(-1, 1, 1, 1)
    splits = Split(images[:52], labels[:52]), Split(images[52:], labels[52:])
    return Data("made up", *splits, ("a", "b", "c"), (0.0,) * 3, (1.0,) * 3)


class Net(nn.Module):
    """A small network around a layer in the middle, in double precision: there, rounding has no time to grow."""

    def __init__(self, layer: nn.Module):
        super().__init__()
        self.conv, self.layer, self.fc = nn.Conv2d(3, 4, 3), layer, nn.Linear(4, 3)
        self.double()

    def forward(self, x):
        return self.fc(self.layer(self.conv(x.double())).relu().mean((2, 3)))


class ByHand(nn.Module):
    """A batch norm by hand, which keeps its running mean as a subclass says."""

    def forward(self, x):
        if not self.training:
            return x - self.mean
        mean = x.mean((0, 2, 3), keepdim=True)
        self.keep(mean.detach())
        return x - mean


class Assigned(ByHand):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(1, 4, 1, 1))

    def keep(self, mean):
        self.mean = 0.9 * self.mean + 0.1 * mean


class AssignedAttribute(Assigned):
    def __init__(self):
        nn.Module.__init__(self)
        self.mean = torch.zeros(1, 4, 1, 1, dtype=torch.float64)


class AssignedData(Assigned):
    def keep(self, mean):
        self.mean.data = 0.9 * self.mean + 0.1 * mean


class AssignedInAList(ByHand):
    def __init__(self):
        super().__init__()
        self.means = [torch.zeros(1, 4, 1, 1, dtype=torch.float64)]

    mean = property(lambda self: self.means[0])

    def keep(self, mean):
        self.means[0] = 0.9 * self.mean + 0.1 * mean


class InPlace(Assigned):
    def keep(self, mean):
        self.mean.mul_(0.9).add_(0.1 * mean)


class InPlaceNotPersistent(InPlace):
    def __init__(self):
        ByHand.__init__(self)
        self.register_buffer("mean", torch.zeros(1, 4, 1, 1), persistent=False)


class InPlaceAttribute(InPlace, AssignedAttribute):
    pass


class Looks(nn.Module):
    def forward(self, x):
        return x if x.max().item() < 1e9 else x / 2


@pytest.fixture(autouse=True)
def exact(monkeypatch):
    monkeypatch.setattr(training, "has_bfloat16", lambda device: False)


def trained(layer, fast: bool, recipe=RECIPE):
    torch.manual_seed(0)
    model = Net(layer)
    return fit(model, made_up(), recipe, name="mine", progress=fast, fast=fast), model


def assert_learns_the_same(monkeypatch, build, recipe=RECIPE, **options):
    plain, slow_model = trained(build(), False, recipe)
    here = played(monkeypatch, **options)
    fast, fast_model = trained(build(), True, recipe)
    assert fast.train_loss == pytest.approx(plain.train_loss, rel=1e-7)
    assert fast.test_accuracy == plain.test_accuracy
    for (name, a), b in zip(fast_model.named_parameters(), slow_model.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-9, msg=name)
    if hasattr(slow_model.layer, "mean"):
        torch.testing.assert_close(fast_model.layer.mean, slow_model.layer.mean, rtol=1e-6, atol=1e-9)
    return here, fast, fast_model


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
@pytest.mark.parametrize("build", [nn.Identity, lambda: nn.BatchNorm2d(4)])
def test_a_recorded_step_learns_what_the_plain_step_learns(monkeypatch, optimiser, build):
    here, *_ = assert_learns_the_same(monkeypatch, build, Recipe(**{**vars(RECIPE), "optimiser": optimiser}))
    assert here.done.count("replay") == 3 * 3  # the fourth batch of an epoch is shorter


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_a_rate_that_changes_with_every_epoch_needs_one_recording(monkeypatch, optimiser):
    recipe = Recipe(epochs=6, batch_size=16, learning_rate=0.02, schedule="cosine", optimiser=optimiser)
    here, *_ = assert_learns_the_same(monkeypatch, nn.Identity, recipe)
    assert here.done == ["record"] + 6 * 3 * ["replay"]


@pytest.mark.parametrize("build", [InPlace, InPlaceNotPersistent, InPlaceAttribute])
def test_what_a_model_keeps_in_place_is_recorded_and_put_back_after_the_warm_up(monkeypatch, build):
    here, *_ = assert_learns_the_same(monkeypatch, build)
    assert "replay" in here.done


@pytest.mark.parametrize("build", [Assigned, AssignedAttribute, AssignedData, AssignedInAList])
def test_a_model_that_assigns_what_it_keeps_is_not_recorded_and_is_told(monkeypatch, capsys, build):
    here, *_ = assert_learns_the_same(monkeypatch, build)
    assert here.done == []
    said = capsys.readouterr().out
    assert (
        "mine: this step cannot be recorded as a CUDA graph and runs as usual, slower: it puts another tensor" in said
    )
    assert "layer.mean" in said


def test_a_step_that_looks_at_values_is_not_even_tried_to_be_recorded(monkeypatch, capsys):
    here, *_ = assert_learns_the_same(monkeypatch, Looks)
    assert here.done == [] and here.mode == 0
    assert "slower: it waits for the GPU, as .item() and conditions on values do" in capsys.readouterr().out


def test_a_capture_that_fails_all_the_same_leaves_stream_and_generator_as_they_were(monkeypatch, capsys):
    here, *_ = assert_learns_the_same(monkeypatch, nn.Identity, capture_fails="CUDA error: no such luck")
    assert here.done == ["record"]
    assert here.stream is here.main and not here.generator.capturing
    assert "slower: CUDA error: no such luck" in capsys.readouterr().out


def test_what_a_forward_raises_by_itself_is_raised_and_not_a_reason_to_go_on_without(monkeypatch, capsys):
    class Wrong(nn.Module):
        def forward(self, x):
            return x @ torch.zeros(5, 5, dtype=x.dtype)

    here = played(monkeypatch)
    with pytest.raises(RuntimeError, match="mat1 and mat2|size"):
        trained(Wrong(), True)
    assert here.stream is here.main and here.mode == 0
    assert "CUDA graph" not in capsys.readouterr().out


def test_dropout_is_drawn_anew_in_every_step_that_is_replayed(monkeypatch):
    here, *_ = assert_learns_the_same(monkeypatch, lambda: nn.Dropout2d(0.5))
    assert "replay" in here.done
