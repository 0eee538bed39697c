"""The fast path: the plain path's numbers, but for rounding, in fewer launches."""

import pytest
import torch
from torch import nn

from course_utils.data import Data, Split
from course_utils.models import PlainDeepCNN
from course_utils.training import Recipe, fit

RECIPE = Recipe(epochs=3, batch_size=16, learning_rate=0.02, milestones=(2,))
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


def made_up(device: str) -> Data:
    g = torch.Generator().manual_seed(0)
    labels = torch.arange(72) % 3
    images = torch.randn(72, 3, 8, 8, generator=g) + 1.5 * labels.view(-1, 1, 1, 1)
    images, labels = images.to(device), labels.to(device)
    splits = Split(images[:52], labels[:52]), Split(images[52:], labels[52:])
    return Data("made up", *splits, ("a", "b", "c"), (0.0,) * 3, (1.0,) * 3)


def trained(device: str, fast: bool, recipe=RECIPE, build=lambda: PlainDeepCNN(1)):
    torch.manual_seed(0)
    model = build()
    return fit(model, made_up(device), recipe, progress=False, fast=fast), model


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=needs_gpu)])
@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_the_fast_path_learns_what_the_plain_path_learns(device, optimiser):
    # In double precision rounding has no time to grow, so that a step too many or too few would show.
    recipe = Recipe(epochs=3, batch_size=16, learning_rate=0.001, milestones=(2,), optimiser=optimiser)

    class Double(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = PlainDeepCNN(1).double()

        def forward(self, x):
            return self.net(x.double())

    plain, slow_model = trained(device, False, recipe, Double)
    fast, fast_model = trained(device, True, recipe, Double)
    assert fast.train_loss == pytest.approx(plain.train_loss, rel=1e-6)
    assert fast.test_accuracy == pytest.approx(plain.test_accuracy)
    for (name, a), b in zip(fast_model.state_dict().items(), slow_model.state_dict().values(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-8, msg=name)


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=needs_gpu)])
def test_the_fast_path_repeats_exactly(device):
    runs = [trained(device, True)[0] for _ in range(2)]
    assert (runs[0].train_loss, runs[0].test_accuracy) == (runs[1].train_loss, runs[1].test_accuracy)


@needs_gpu
def test_a_forward_that_looks_at_values_runs_without_a_graph_and_says_so(capsys):
    class Looks(PlainDeepCNN):
        def forward(self, x):
            return super().forward(x if x.max().item() < 1e9 else x / 2)

    torch.manual_seed(0)
    history = fit(Looks(1), made_up("cuda"), RECIPE, name="mine", fast=True)
    assert "mine: this step cannot be recorded as a CUDA graph and runs as usual, slower: " in capsys.readouterr().out
    assert history.train_loss == pytest.approx(trained("cuda", False)[0].train_loss, rel=1e-2)


def test_pictures_and_weights_lie_channels_last_on_the_fast_path():
    seen = []

    class Looks(PlainDeepCNN):
        def forward(self, x):
            seen.append(x.is_contiguous(memory_format=torch.channels_last))
            return super().forward(x)

    _, model = trained("cpu", True, build=lambda: Looks(1))
    assert all(seen[:4])
    assert model.stage2[0].conv1.weight.is_contiguous(memory_format=torch.channels_last)
