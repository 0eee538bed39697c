"""Lesson 05: probes and gradient norms against PyTorch's own, exercises right and wrong, what the checks say."""

import dataclasses
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from verdicts import SEED, lost, named, verdict_on

from autograder.audit import CELLS
from autograder.judge import judge
from course_utils import (
    PlainBlock,
    PlainDeepCNN,
    block_similarities,
    blocks_of,
    check_along,
    check_gradient_norms,
    check_total_gradient_norm,
    compare,
    fit,
    plot_gradient_map,
    plot_gradient_norms,
    plot_over_depth,
    runs,
    show_feature_maps,
    similarity,
    watch,
    without,
)
from course_utils.data import Data, Split
from course_utils.evidence import EvidenceError, measured, pack, unpack
from course_utils.training import Recipe


def norms(model, of=lambda p: p.grad.norm().item(), keep=lambda p: p.grad is not None):
    return {name: of(p) for name, p in model.named_parameters() if keep(p)}


def pictures_and_labels(n=40):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(n, 3, 8, 8, generator=generator), torch.randint(0, 3, (n,), generator=generator)


@pytest.fixture(scope="module")
def data():
    images, labels = pictures_and_labels()
    split = Split(images, labels)
    return Data("made up", split, split, ("a", "b", "c"), (0.0,) * 3, (1.0,) * 3)


def small_net(seed=0):
    torch.manual_seed(seed)
    return PlainDeepCNN(1)


# The exercises


def clipped(model):
    return nn.utils.clip_grad_norm_(model.parameters(), math.inf)


def jvp(function, x, v):
    return torch.func.jvp(function, (x,), (v,))[1]


@pytest.mark.parametrize(
    ("name", "right"), [("gradient_norms", norms), ("total_gradient_norm", clipped), ("along", jvp)]
)
def test_a_right_answer_gets_every_point_and_no_diagnosis(name, right):
    assert lost(verdict_on(name, right)) == set() and named(verdict_on(name, right)) == []


@pytest.mark.parametrize(
    ("name", "criterion", "wrong"),
    [
        ("gradient_norms", "norms-values", lambda m: norms(m, lambda p: p.grad.square().sum())),
        ("gradient_norms", "norms-names", lambda m: {f"model.{k}": v for k, v in norms(m).items()}),
        ("gradient_norms", "norms-without-gradient", lambda m: norms(m, keep=lambda p: p.requires_grad)),
        ("total_gradient_norm", "total-all", lambda m: sum(norms(m).values())),
        (
            "total_gradient_norm",
            "total-without-gradient",
            lambda m: math.hypot(*(p.grad.norm() for p in m.parameters())),
        ),
        ("along", "along-vectors", lambda f, x, v: f(x + v) - f(x)),
        ("along", "along-pictures", lambda f, x, v: jvp(f, x, v) * (1 if x.ndim == 2 else 2)),
    ],
)
def test_each_criterion_is_lost_by_an_answer_that_is_wrong_there(name, criterion, wrong):
    assert criterion in lost(verdict_on(name, wrong))


@pytest.mark.parametrize(
    ("name", "nothing"),
    [
        ("gradient_norms", lambda m: {}),
        ("gradient_norms", lambda m: norms(m, lambda p: float("nan"))),
        ("total_gradient_norm", lambda m: 0.0),
        ("total_gradient_norm", lambda m: float("inf")),
        ("along", lambda f, x, v: torch.zeros_like(f(x))),
        ("along", lambda f, x, v: f(x) * float("nan")),
    ],
)
def test_empty_and_constant_answers_earn_no_point_for_numbers(name, nothing):
    assert lost(verdict_on(name, nothing)) >= {mark.id for mark in CELLS[name].criteria} - {"norms-names"}
    assert named(verdict_on(name, nothing)) == []


def test_hooks_warnings_and_cleared_gradients_cost_nothing():
    def tidy(model):
        import warnings

        warnings.warn("nothing to worry about", stacklevel=1)
        print("measuring")
        found = {
            name: p.grad.double().square().sum().sqrt() for name, p in model.named_parameters() if p.grad is not None
        }
        model.register_forward_hook(lambda *_: None)
        model.zero_grad()
        return found

    assert lost(verdict_on("gradient_norms", tidy)) == set()


def test_a_missing_check_for_none_is_explained():
    verdict = verdict_on("total_gradient_norm", lambda m: math.hypot(*(p.grad.norm() for p in m.parameters())))
    (message,) = [mark.message for mark in verdict.marks if not mark.passed]
    assert "'NoneType'" in message and "never computed" in message


@pytest.mark.parametrize("name", ["gradient_norms", "along"])
def test_evidence_with_too_little_in_it_never_passes(name):
    arrays, report = unpack(measured(name, norms if name == "gradient_norms" else jvp, SEED), name, SEED)
    short = {key: array.reshape(-1)[:-1] for key, array in arrays.items()}
    try:
        verdict = judge(CELLS[name], pack(name, short, report, SEED), SEED)
    except (EvidenceError, ValueError):
        return
    assert verdict.points < CELLS[name].points / 2


# Checks


@pytest.mark.parametrize(
    ("check", "answer", "said"),
    [
        (check_gradient_norms, norms, "All as expected"),
        (check_gradient_norms, lambda m: norms(m, lambda p: p.grad.abs().sum()), "expected 5"),
        (check_gradient_norms, lambda m: norms(m, keep=lambda p: True), "has no gradient"),
        (check_gradient_norms, lambda m: norms(m, lambda p: 1.0, lambda p: True), "expected no entry"),
        (check_gradient_norms, lambda m: None, "return"),
        (check_total_gradient_norm, clipped, "All as expected"),
        (check_total_gradient_norm, lambda m: sum(norms(m).values()), "to the north"),
        (check_along, jvp, "All as expected"),
        (check_along, lambda f, x, v: f(x + 1e-3 * v) - f(x), "even smaller"),
    ],
)
def test_checks_say_in_words_what_was_seen(capsys, check, answer, said):
    check(answer)
    assert said in capsys.readouterr().out


# Probes


def test_watch_sees_outputs_and_gradients_as_autograd_computes_them():
    images, labels = pictures_and_labels(8)
    network = small_net()
    with watch(blocks_of(network)) as seen:
        F.cross_entropy(network(images), labels).backward()
    twin = small_net()
    x = F.relu(twin.bn1(twin.conv1(images)))
    outputs = []
    for stage in (twin.stage1, twin.stage2, twin.stage3):
        x = stage(x)
        outputs.append(x)
    loss = F.cross_entropy(twin.fc(x.mean((2, 3))), labels)
    gradients = torch.autograd.grad(loss, outputs)
    for passed, output, gradient in zip(seen.values(), outputs, gradients, strict=True):
        assert torch.allclose(passed.output, output, atol=1e-6) and torch.allclose(passed.gradient, gradient, atol=1e-6)


def test_watch_leaves_no_hook_and_changes_no_result():
    images, _ = pictures_and_labels(4)
    network = small_net().eval()
    before = network(images)
    with watch(blocks_of(network)):
        during = network(images)
    assert torch.equal(before, during)
    assert not any(module._forward_hooks for module in network.modules())


def test_a_network_without_stages_is_told_so():
    with pytest.raises(ValueError, match="no stage1"):
        blocks_of(nn.Linear(1, 1))


def test_similarity_is_the_correlation_of_centred_numbers():
    x = torch.randn(50, 4, generator=torch.Generator().manual_seed(0))
    assert similarity(x, 3 * x + 7) == pytest.approx(1)
    assert similarity(x, -x) == pytest.approx(-1)
    one, other = x[:, :1], x[:, 1:2]
    assert similarity(one, other) == pytest.approx(np.corrcoef(one.flatten(), other.flatten())[0, 1], abs=1e-6)


def test_blocks_that_change_the_shape_have_no_similarity():
    network = PlainDeepCNN(2)
    found = block_similarities(network, pictures_and_labels(6)[0])
    assert list(found) == ["stage1.0", "stage1.1", "stage2.1", "stage3.1"] and network.training


def test_without_a_block_the_rest_runs_and_then_it_is_back():
    network = PlainDeepCNN(2).eval()
    images, _ = pictures_and_labels(3)
    block, before = network.stage1[1], network(images)
    with without(network, "stage1.1"):
        assert not torch.allclose(network(images), before)
    assert network.stage1[1] is block and torch.equal(network(images), before)


# Recorded while training


def test_fit_records_the_norm_that_clip_grad_norm_returns(data):
    recipe = Recipe(epochs=1, batch_size=40, milestones=(), seed=3)  # one step an epoch
    network = small_net(1)
    history = fit(network, data, recipe, progress=False)
    twin = small_net(1).train()
    F.cross_entropy(twin(data.train.pixels), data.train.labels).backward()
    expected = nn.utils.clip_grad_norm_(twin.parameters(), math.inf).item()
    assert history.total_gradient_norm == (pytest.approx(expected, rel=1e-4),)
    assert history.gradient_norms["conv1"][0] == pytest.approx(twin.conv1.weight.grad.norm().item(), rel=1e-3)
    assert set(history.gradient_norms) == {n.rpartition(".")[0] for n, _ in twin.named_parameters()}


def test_recording_survives_a_cut(data, tmp_path):
    recipe = Recipe(epochs=3, batch_size=16, milestones=(), seed=0)
    whole = fit(small_net(), data, recipe, progress=False)

    class CutOff(Exception):
        pass

    def cut(*_):
        nonlocal calls
        calls += 1
        if calls == 8:
            raise CutOff

    calls, network = 0, small_net()
    hook = network.register_forward_hook(cut)
    with pytest.raises(CutOff):
        fit(network, data, recipe, progress=False, checkpoint=tmp_path / "a.safetensors")
    hook.remove()
    resumed = fit(small_net(), data, recipe, progress=False, checkpoint=tmp_path / "a.safetensors")
    assert resumed.gradient_norms == whole.gradient_norms and len(whole.total_gradient_norm) == 3


def test_a_run_on_disk_keeps_what_was_recorded(data, tmp_path):
    comparison = compare(
        {"plain": lambda: PlainDeepCNN(1)}, data, Recipe(epochs=2, milestones=()), (0,), progress=False
    )
    folder = runs.begin("a run", {}, tmp_path)
    runs.write_results(folder, comparison)
    assert runs.read(runs.finish(folder)).comparison.histories == comparison.histories


def test_a_history_from_before_has_no_total_and_a_plot_says_so(data):
    history = fit(small_net(), data, Recipe(epochs=1, batch_size=20, milestones=()), progress=False)
    old = dataclasses.replace(history, gradient_norms={})
    assert old.total_gradient_norm == ()
    with pytest.raises(ValueError, match="train again"):
        plot_gradient_norms({"plain": old})
    with pytest.raises(ValueError, match="train again"):
        plot_gradient_map({"plain": old})


# Figures


def test_figures_show_what_was_recorded_and_say_it_in_words(data):
    history = fit(small_net(), data, Recipe(epochs=2, batch_size=20, milestones=()), progress=False)
    figure = plot_gradient_norms({"plain": (history, history), "residual": history})
    line = next(line for line in figure.axes[0].get_lines() if line.get_label() == "plain")
    assert line.get_ydata().tolist() == pytest.approx(history.total_gradient_norm)
    assert f"plain: {float(f'{history.total_gradient_norm[0]:.2g}'):g} in the first" in figure.alt
    grid = plot_gradient_map({"plain": history}).axes[0].collections[0].get_array()
    convs = [name for name in history.gradient_norms if "conv" in name]
    assert np.asarray(grid)[0] == pytest.approx([history.gradient_norms[name][0] for name in convs], rel=1e-6)
    assert plot_gradient_map({"plain": history})._repr_png_()[0][:4] == b"\x89PNG"


def test_over_depth_draws_means_and_refuses_nothing():
    figure = plot_over_depth({"plain": [{"a": 1.0, "b": 3.0}, {"a": 3.0, "b": 5.0}]}, "t", level=(0, "zero"), log=False)
    assert figure.axes[0].get_lines()[0].get_ydata().tolist() == [2, 4] and "plain: 2 at the first" in figure.alt
    figure = plot_over_depth({"plain": {"a": 1.0}, "residual": {"a": 3.0}}, "t", complete={"residual": 97.25})
    dotted = figure.axes[0].get_lines()[-1]
    assert (
        list(dotted.get_ydata()) == [97.25, 97.25] and dotted.get_color() == figure.axes[0].get_lines()[1].get_color()
    )
    assert figure.alt.endswith("residual, complete: 97.2.")
    with pytest.raises(ValueError, match="complete names .'deep'.*expected of .'residual'"):
        plot_over_depth({"residual": {1: 2.0}}, "norm", complete={"deep": 1.0})
    with pytest.raises(ValueError, match="nothing to draw"):
        plot_over_depth({}, "t")


def test_feature_maps_have_a_row_a_network():
    maps = {"plain": {"stem": torch.rand(4, 5, 5), "block 1": torch.rand(4, 5, 5)}}
    figure = show_feature_maps(torch.rand(3, 5, 5), maps | {"residual": maps["plain"]}, channel=2)
    assert len(figure.axes) == 6 and "Channel 2" in figure.alt
    assert torch.equal(torch.as_tensor(figure.axes[1].images[0].get_array()), maps["plain"]["stem"][2])


def test_the_block_of_the_lesson_has_the_derivative_that_the_plus_sign_promises():
    block = PlainBlock(4, 4).double().eval()
    x, v = torch.randn(2, 1, 4, 5, 5, dtype=torch.float64)
    with_shortcut = jvp(lambda x: block(x) + x, x, v)
    assert torch.allclose(with_shortcut, v + jvp(block, x, v))
