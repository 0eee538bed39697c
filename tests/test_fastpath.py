"""The fast path: the plain path's numbers, but for rounding, in fewer launches."""

from pathlib import Path

import pytest
import torch
from torch import nn

from course_utils import fastpath, training
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
def test_the_fast_path_learns_what_the_plain_path_learns(monkeypatch, device, optimiser):
    # In double precision rounding has no time to grow, so that a step too many or too few would show.
    recipe = Recipe(epochs=3, batch_size=16, learning_rate=0.001, milestones=(2,), optimiser=optimiser)

    class Double(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = PlainDeepCNN(1).double()

        def forward(self, x):
            return self.net(x.double())

    if device == "cuda":  # both with the optimiser that can be recorded: its rate and corrections are float32
        plain_optimizer = training._optimizer
        monkeypatch.setattr(training, "_optimizer", lambda *given, recorded: plain_optimizer(*given, recorded=True))
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
def test_a_forward_that_looks_at_values_runs_without_a_graph_and_says_so(monkeypatch, capsys):
    monkeypatch.setattr(training, "has_bfloat16", lambda device: False)  # the plain path computes in float32, too

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


@pytest.mark.parametrize(
    "capability, form", [((7, 5), torch.contiguous_format), ((8, 0), torch.channels_last)], ids=["T4", "A100"]
)
def test_a_gpu_without_bfloat16_gets_neither_mixed_precision_nor_channels_last(monkeypatch, capability, form):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert fastpath.memory_format(torch.device("cuda")) == form
    assert fastpath.has_bfloat16(torch.device("cuda")) == (form == torch.channels_last)


def test_mixed_precision_is_for_what_networks_compute_and_for_nothing_that_is_kept(monkeypatch):
    """float32 throughout, but for activations; without ReLUs that could flip, the step is right within a few roundings."""
    seen = []

    class Looks(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3))

        def forward(self, x):
            logits = self.net(x)
            seen.append((self.training, x.dtype, logits.dtype))
            return logits

    def one_step(mixed: bool):
        torch.manual_seed(0)
        model = Looks()
        start = {name: p.detach().clone() for name, p in model.named_parameters()}
        monkeypatch.setattr(training, "has_bfloat16", lambda device: mixed)
        history = fit(model, made_up("cpu"), Recipe(epochs=1, batch_size=52, milestones=()), progress=False, fast=True)
        assert all(value.dtype in (torch.float32, torch.int64) for value in model.state_dict().values())
        step = torch.cat([(p.detach() - start[name]).flatten() for name, p in model.named_parameters()])
        return history, step

    (exact, exact_step), (mixed, mixed_step) = one_step(False), one_step(True)
    in_training = [logits for learns, pictures, logits in seen if learns and pictures == torch.float32]
    assert in_training == [torch.float32, torch.bfloat16]
    assert {logits for learns, _, logits in seen if not learns} == {torch.float32}
    assert 0 < (mixed_step - exact_step).norm() < 4 * 2**-8 * exact_step.norm()
    assert mixed.train_loss == pytest.approx(exact.train_loss, rel=0.02) and mixed.train_loss != exact.train_loss


@pytest.mark.skipif(not Path("/proc/cpuinfo").exists(), reason="the oracle is Linux's")
def test_mixed_precision_is_for_processors_that_have_it(monkeypatch):
    flags = set(Path("/proc/cpuinfo").read_text().split())
    if hasattr(torch.cpu, "get_capabilities"):
        assert fastpath.has_bfloat16(torch.device("cpu")) == bool(flags & {"avx512_bf16", "amx_bf16"})
        monkeypatch.delattr(torch.cpu, "get_capabilities")
    assert not fastpath.has_bfloat16(torch.device("cpu"))
    assert not fastpath.has_bfloat16(torch.device("meta"))
