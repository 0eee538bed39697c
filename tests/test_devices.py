"""Right on every device: tensors are made where they belong, answers come from anywhere, and a run says where it ran.

A GPU is not at hand everywhere, so "meta" takes its place where only the default device matters: what is made there by
mistake has no values. And `OnGpu` is a tensor that refuses what one on a GPU refuses.
"""

import pytest
import torch
from torch import nn
from torch.utils._pytree import tree_leaves

from course_utils import __main__ as command_line
from course_utils import cost, devices, runs
from course_utils.checks.attention import check_grad_cam
from course_utils.checks.depth import check_padded_shortcut
from course_utils.checks.gradients import check_along
from course_utils.checks.landscape import check_filter_normalise
from course_utils.data import load_data
from course_utils.landscape import random_direction
from course_utils.models import PlainDeepCNN
from course_utils.pointing import make_frames, share_in_quarter
from course_utils.probes import similarity
from course_utils.training import Recipe, compare, fit

RECIPE = Recipe(epochs=1, batch_size=32, milestones=(), augment=True)


def network() -> nn.Module:
    with torch.device("cpu"):
        return PlainDeepCNN(1)


def everything_that_draws() -> list:
    torch.manual_seed(0)
    data = load_data("digits", device="cpu", limit=40)
    model = network()
    frames = make_frames(data.test, 3)
    return [
        data.train.labels,
        fit(model, data, RECIPE, progress=False).train_loss,
        compare({"one": network, "two": network}, data, RECIPE, seeds=(0,), progress=False).fingerprints,
        *random_direction([torch.zeros(2, 3, device="cpu")], seed=1),
        frames.images,
        frames.classes,
    ]


def test_a_default_device_changes_nothing_that_is_drawn():
    expected = everything_that_draws()
    with torch.device("meta"):
        found = everything_that_draws()
    for one, other in zip(found, expected, strict=True):
        assert torch.equal(one, other) if isinstance(one, torch.Tensor) else one == other


class OnGpu(torch.Tensor):
    """As on a GPU: no numpy, no meeting with tensors on the processor; `.cpu()` brings it home."""

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        name = getattr(func, "__name__", "")
        if name == "cpu":
            return args[0].as_subclass(torch.Tensor)
        if name in ("numpy", "__array__"):
            raise TypeError("can't convert cuda:0 device type tensor to numpy")
        given = [t for t in tree_leaves((args, kwargs)) if isinstance(t, torch.Tensor)]
        if any(not isinstance(t, OnGpu) and t.dim() for t in given):
            raise RuntimeError("Expected all tensors to be on the same device, but found at least two devices")
        return super().__torch_function__(func, types, args, kwargs or {})


def on_gpu(answer):
    if isinstance(answer, torch.Tensor):
        return answer.as_subclass(OnGpu)
    return [one.as_subclass(OnGpu) for one in answer]


def along(function, x, v):
    return (function(x + 1e-3 * v) - function(x - 1e-3 * v)) / 2e-3


def filter_normalise(direction, weights):
    def one(d, w):
        if d.ndim == 1:
            return torch.zeros_like(d)
        norms = d.flatten(1).norm(dim=1), w.flatten(1).norm(dim=1)
        return d * (norms[1] / (norms[0] + 1e-10)).view(-1, *[1] * (d.ndim - 1))

    return [one(d, w) for d, w in zip(direction, weights, strict=True)]


def grad_cam(model, layer, images, classes):
    kept = []
    hook = layer.register_forward_hook(lambda _, __, out: kept.append(out))
    logits = model(images)
    hook.remove()
    (gradient,) = torch.autograd.grad(logits.gather(1, classes[:, None]).sum(), kept[0])
    return (gradient.mean((2, 3), keepdim=True) * kept[0]).sum(1).relu()


def pad_shortcut(x, out_channels, stride):
    smaller = x[:, :, ::stride, ::stride]
    more = out_channels - x.shape[1]
    zeros = [smaller.new_zeros(len(x), n, *smaller.shape[2:]) for n in (more // 2, more - more // 2)]
    return torch.cat([zeros[0], smaller, zeros[1]], dim=1)


@pytest.mark.parametrize(
    "check, right",
    [
        (check_along, along),
        (check_filter_normalise, filter_normalise),
        (check_grad_cam, grad_cam),
        (check_padded_shortcut, pad_shortcut),
    ],
)
@pytest.mark.parametrize("place", [lambda answer: answer, on_gpu])
def test_a_right_answer_is_right_wherever_its_tensors_lie(capsys, check, right, place):
    check(lambda *args: place(right(*args)))
    assert "All as expected." in capsys.readouterr().out


def test_course_device_chooses_and_a_device_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert devices.choose_device() == torch.device("cuda")
    monkeypatch.setenv("COURSE_DEVICE", "cuda:1")
    assert devices.choose_device() == torch.device("cuda", 1)
    for wrong in ("cuda:2", "nonsense"):
        monkeypatch.setenv("COURSE_DEVICE", wrong)
        with pytest.raises(ValueError, match=f"COURSE_DEVICE is '{wrong}', and there is no such device"):
            devices.choose_device()


def test_apples_gpu_is_taken_only_where_it_is_asked_for(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert devices.choose_device() == torch.device("cpu")
    monkeypatch.setenv("COURSE_DEVICE", "mps")
    assert devices.choose_device() == torch.device("mps")


class OnMps(torch.Tensor):
    """As on Apple's GPU: no float64 there."""

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        name = getattr(func, "__name__", "")
        if func == torch.Tensor.device.__get__:
            return torch.device("mps")
        if name == "cpu":
            return args[0].as_subclass(torch.Tensor)
        if name == "double":
            raise TypeError("Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64")
        return super().__torch_function__(func, types, args, kwargs or {})


def test_what_is_computed_in_double_is_computed_where_that_exists():
    one, other, maps = torch.rand(4, 6), torch.rand(4, 6), torch.rand(2, 4, 4)
    there = [tensor.as_subclass(OnMps) for tensor in (one, other, maps)]
    assert similarity(there[0], there[1]) == similarity(one, other)
    assert torch.equal(share_in_quarter(there[2], 1), share_in_quarter(maps, 1))


def test_a_run_on_the_processor_says_so_where_there_is_a_gpu(monkeypatch, tmp_path):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device=None: "a card")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device=None: (8, 0))
    where = [runs._about(runs.begin("x", {"device": name}, tmp_path))["environment"] for name in ("cpu", "cuda:0")]
    assert [about["device"] for about in where] == ["CPU", "a card"]


def test_a_run_that_was_begun_on_a_gpu_is_not_resumed_without_and_says_why(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(runs, "environment", lambda device: {})
    folder = runs.begin("x", {"device": "cuda:0", "data": "digits", "limit": None}, tmp_path)
    assert command_line.main(["resume", str(folder)]) == 2
    assert "was begun on 'cuda:0', which is not here" in capsys.readouterr().err


def test_the_peak_of_a_step_leaves_out_the_data_set_and_other_models(monkeypatch):
    model, images = nn.Linear(10, 10), torch.zeros(8, 10)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 5_000_000)
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda device: None)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: 5_000_000 + 700)
    labels = torch.zeros(8, dtype=torch.int64)
    assert cost._peak(model, images, labels) == 700 + 4 * 110 + 4 * 80 + 8 * 8
