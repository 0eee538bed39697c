"""Lesson 08: maps and costs are judged as they should be, and what the lesson uses measures what it says."""

import functools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from captum.attr import LayerGradCam
from torch import nn
from verdicts import SEED, lost, verdict_on

from autograder import reference
from autograder.audit import CELLS
from autograder.judge import judge
from course_utils import PlainNet18, check_grad_cam, check_multiply_adds, count_parameters
from course_utils.cost import bytes_kept, cost_table, count_multiply_adds, measure_costs
from course_utils.data import load_data
from course_utils.evidence import measured, pack, unpack
from course_utils.measurements.attention import MAP_CASES, asked_map, small_network
from course_utils.plots import draw_grad_cam, plot_by_layer, plot_gap, plot_shares, show_maps
from course_utils.pointing import make_frames, share_in_quarter
from course_utils.seeding import Draws
from course_utils.training import History, Recipe


def by_captum(model, layer, images, classes):
    return LayerGradCam(model, layer).attribute(images, target=classes, relu_attributions=True)[:, 0]


def changed(**steps):
    """Captum's gradient and activation, with one step of Grad-CAM done otherwise."""

    def cam(model, layer, images, classes):
        seen = []
        hook = layer.register_forward_hook(lambda module, inputs, output: seen.append(output))
        logits = model(images)
        hook.remove()
        score = steps.get("score", lambda logits, classes: logits[range(len(classes)), classes].sum())(logits, classes)
        (gradient,) = torch.autograd.grad(score, seen[0])
        weights = steps.get("weigh", lambda gradient: gradient.mean((2, 3), keepdim=True))(gradient)
        return steps.get("finish", F.relu)((weights * seen[0]).sum(1))

    return cam


def test_captums_grad_cam_gets_every_point_under_many_seeds():
    assert all(lost(verdict_on("grad_cam", by_captum, f"seed {k}")) == set() for k in range(5))


def test_the_reference_is_captums_on_a_network_with_relu():
    model = PlainNet18(4).eval()
    images, classes = torch.randn(3, 3, 16, 16), torch.tensor([1, 9, 4])
    for layer in (model.conv1, model.stage2, model.stage4[1].bn2):
        theirs = by_captum(model, layer, images, classes)
        assert torch.allclose(reference.grad_cam(model, layer, images, classes), theirs, rtol=1e-4, atol=1e-6)


def test_the_reference_has_the_gradient_that_finite_differences_see():
    """Adding a constant to a channel changes the logit by that times h·w·α, if the network is linear after the layer."""

    class Linear(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer, self.fc = nn.Conv2d(3, 2, 1), nn.Linear(2 * 6, 4)

        def forward(self, x):
            return self.fc(self.layer(x).flatten(1))

    model, x = Linear().double(), torch.randn(1, 3, 2, 3, dtype=torch.float64)
    _, gradient = reference.activation_and_gradient(model, model.layer, x, reference.class_logits(torch.tensor([2])))
    before = model(x)[0, 2]
    with torch.no_grad():
        model.layer.bias[1] += 0.5
    assert torch.isclose(model(x)[0, 2] - before, 0.5 * 6 * gradient.mean((2, 3))[0, 1])


@pytest.mark.parametrize(
    ("wrong", "cost", "named"),
    [
        (changed(finish=lambda maps: maps), {"cam-one-picture", "cam-batch", "cam-any-layer"}, "cam-without-relu"),
        (changed(weigh=lambda g: g), {"cam-one-picture", "cam-batch", "cam-any-layer"}, "cam-without-mean"),
        (
            changed(weigh=lambda g: g.mean((0, 2, 3), keepdim=True)),
            {"cam-batch", "cam-any-layer"},
            "cam-mixes-pictures",
        ),
        (changed(score=lambda y, c: y[:, c].sum()), {"cam-batch", "cam-any-layer"}, "cam-mixes-classes"),
        (changed(finish=lambda m: F.relu(m)[:, None]), {"cam-shape"}, None),
    ],
)
def test_each_criterion_is_lost_by_an_answer_that_fails_it_alone(wrong, cost, named):
    verdict = verdict_on("grad_cam", wrong)
    assert lost(verdict) == cost
    assert [diagnosis.misconception for diagnosis in verdict.diagnoses] == ([named] if named else [])


def test_an_answer_that_ignores_the_layer_loses_any_layer():
    def always_middle(model, layer, images, classes):
        return by_captum(model, model.middle, images, classes)

    assert "cam-any-layer" in lost(verdict_on("grad_cam", always_middle))


@pytest.mark.parametrize(
    "form",
    [
        lambda maps: maps.numpy(),
        lambda maps: list(maps),
        lambda maps: maps.double(),
        lambda maps: tuple(one.numpy() for one in maps),
        lambda maps: maps.clone().requires_grad_(),
        lambda maps: maps.tolist(),
    ],
)
def test_maps_are_right_in_any_form(form):
    assert lost(verdict_on("grad_cam", lambda *given: form(by_captum(*given).detach()))) == set()


@pytest.mark.parametrize(
    "nothing", [lambda m: m * 0, lambda m: m * float("nan"), lambda m: m * float("inf"), lambda m: None]
)
def test_empty_and_broken_maps_earn_no_value(nothing):
    verdict = verdict_on("grad_cam", lambda *given: nothing(by_captum(*given)))
    assert {"cam-one-picture", "cam-batch", "cam-any-layer"} <= lost(verdict)


def test_maps_of_another_seed_earn_nothing():
    arrays, report = unpack(measured("grad_cam", by_captum, "other"), "grad_cam", "other")
    verdict = judge(CELLS["grad_cam"], pack("grad_cam", arrays, report, SEED), SEED)
    assert lost(verdict) == {"cam-one-picture", "cam-batch", "cam-any-layer"}


def test_an_oversized_answer_is_an_error_of_the_answer():
    verdict = verdict_on("grad_cam", lambda *given: torch.zeros(1000, 1000))
    assert verdict.points == 0 and "at most" in verdict.marks[0].message


def test_forged_arrays_are_refused():
    with pytest.raises(ValueError):
        judge(CELLS["grad_cam"], pack("grad_cam", {"unknown": np.zeros(3)}, {"errors": {}}, SEED), SEED)
    short = pack("multiply_adds", {"values": np.zeros(2)}, {"errors": []}, SEED)
    with pytest.raises(ValueError):
        judge(CELLS["multiply_adds"], short, SEED)


def test_every_seeded_map_has_something_to_show_and_something_to_cut_off():
    for seed in range(20):
        for case in MAP_CASES:
            draws = Draws(str(seed), "grad_cam")
            model = small_network(case.network, draws)
            images, classes = asked_map(case, draws)
            maps = reference.grad_cam(model, model.get_submodule(case.layer), images, classes)
            assert maps.max() > 0 and (maps == 0).any()


@pytest.mark.parametrize("case", MAP_CASES, ids=lambda case: case.id)
def test_the_classes_asked_for_are_never_the_likeliest_of_their_picture(case):
    for seed in range(30):
        draws = Draws(f"{seed}", "grad_cam")
        images, classes = asked_map(case, draws)
        logits = small_network(case.network, draws)(images)
        assert len(set(classes.tolist())) == case.pictures
        assert (logits.gather(1, classes[:, None])[:, 0] < logits.amax(1)).all()


def test_multiply_adds_by_pytorchs_counter_is_right_and_with_additions_apart_is_named():
    def counted(conv, height, width, share=2):
        from torch.utils.flop_counter import FlopCounterMode

        with FlopCounterMode(display=False) as counter:
            conv(torch.zeros(1, conv.in_channels, height, width))
        return counter.get_total_flops() / share

    assert lost(verdict_on("multiply_adds", counted)) == set()
    verdict = verdict_on("multiply_adds", functools.partial(counted, share=1))
    assert lost(verdict) == {"cost-same-size", "cost-other-size", "cost-pairs"}
    assert [diagnosis.misconception for diagnosis in verdict.diagnoses] == ["additions-counted-apart"]
    assert lost(verdict_on("multiply_adds", lambda c, h, w: c.weight.numel() * h * w)) == {
        "cost-other-size",
        "cost-pairs",
    }
    square = verdict_on(
        "multiply_adds",
        lambda c, h, w: counted(nn.Conv2d(*c.weight.shape[1::-1], c.kernel_size[0], c.stride[0], c.padding[0]), h, w),
    )
    assert lost(square) == {"cost-pairs"}


def test_the_checks_say_what_was_seen(capsys):
    check_grad_cam(by_captum)
    assert "All as expected" in capsys.readouterr().out
    check_grad_cam(changed(finish=lambda maps: maps))
    said = capsys.readouterr().out
    assert "speak against the class" in said and "✗" in said
    check_grad_cam(lambda *given: None)
    assert "return" in capsys.readouterr().out
    check_multiply_adds(lambda conv, height, width: conv.weight.numel())
    assert "how often is each weight used" in capsys.readouterr().out


def test_a_thinner_net_18_has_the_parameters_of_its_formula():
    def formula(width):
        channels, total = [width, width, 2 * width, 4 * width, 8 * width], 3 * 9 * width + 2 * width
        for before, after in zip(channels, channels[1:], strict=False):
            total += 9 * before * after + 3 * 9 * after * after + 8 * after
        return total + 8 * width * 10 + 10

    assert count_parameters(PlainNet18()) == formula(64) == 11_000_138
    assert count_parameters(PlainNet18(16)) == formula(16)
    with pytest.raises(ValueError, match="width is 0"):
        PlainNet18(0)


def test_costs_are_those_of_a_layer_that_one_can_count():
    model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.Flatten(), nn.Linear(8 * 25, 10))
    images, labels = torch.randn(4, 3, 5, 5), torch.tensor([0, 1, 2, 3])
    assert count_multiply_adds(model, images) == 25 * 8 * 27 + 200 * 10
    # kept: what the linear layer got, 200 numbers of 4 bytes, and the 10 log-probabilities, and no picture or weight
    assert 200 * 4 <= bytes_kept(model, images, labels) <= 200 * 4 + 10 * 4 + 16


def test_measuring_costs_leaves_the_models_as_they_were():
    model = PlainNet18(4).eval()
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    costs = measure_costs({"plain": model}, torch.randn(4, 3, 8, 8), torch.tensor([0, 1, 2, 3]), rounds=3)
    assert all(torch.equal(before[key], tensor) for key, tensor in model.state_dict().items()) and not model.training
    assert costs["plain"].forward[0] <= costs["plain"].forward[1] <= costs["plain"].forward[2]
    assert "plain" in str(cost_table(costs))
    with pytest.raises(ValueError, match="at least 3"):
        measure_costs({"plain": model}, torch.randn(1, 3, 8, 8), torch.tensor([0]), rounds=2)


def test_frames_hold_the_pictures_of_their_classes_where_they_say():
    data = load_data("digits")
    frames = make_frames(data.test, 5, seed=3)
    height, width = frames.images.shape[2] // 2, frames.images.shape[3] // 2
    pictures, labels = data.test[torch.arange(len(data.test))]
    for image, classes in zip(frames.images, frames.classes, strict=True):
        assert len(set(classes.tolist())) == 4
        for quarter, kind in enumerate(classes.tolist()):
            top, left = divmod(quarter, 2)
            part = image[:, top * height : (top + 1) * height, left * width : (left + 1) * width]
            assert kind in labels[(pictures == part).all(dim=(1, 2, 3))].tolist()


def test_shares_are_of_the_quarter_and_a_map_of_zeros_points_nowhere():
    maps = torch.zeros(2, 4, 4)
    maps[0, 0, 3], maps[0, 3, 0] = 3.0, 1.0
    assert share_in_quarter(maps, 1).tolist() == [0.75, 0.25] and share_in_quarter(maps, 2).tolist() == [0.25, 0.25]
    with pytest.raises(ValueError, match="even"):
        share_in_quarter(torch.zeros(1, 3, 4), 0)


def history(*test_accuracy: float) -> History:
    epochs = len(test_accuracy)
    return History(
        (1.0,) * epochs, (50.0,) * epochs, test_accuracy, (0.1,) * epochs, 1.0, 17, 1, Recipe(epochs, milestones=())
    )


def test_figures_say_in_words_what_they_show():
    gap = plot_gap({"plain": [history(20, 50)], "residual": [history(60, 55)]})
    assert "+40.0" in gap.alt and "+5.0 after the last" in gap.alt
    assert "zero" in draw_grad_cam().alt
    assert "48 %" in plot_shares({"plain": {"stage1": [0.48]}}, chance=0.25).alt
    assert "0.5 in the first layer" in plot_by_layer({"before": {"plain": [0.5, 0.2]}}, "norm").alt
    shown = show_maps(torch.rand(2, 3, 8, 8), {"plain": torch.zeros(2, 2, 2)}, ["a", "b"])
    assert shown._repr_png_()[0] and "Largest values of plain: 0, 0" in shown.alt
    with pytest.raises(ValueError, match=r"expected \(N, h, w\)"):
        show_maps(torch.rand(2, 3, 8, 8), {"plain": torch.zeros(3, 2, 2)}, ["a", "b"])
