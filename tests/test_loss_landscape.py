"""Lesson 07: filter normalisation against the published loop, losses along lines and planes, figures."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from verdicts import SEED, lost, verdict_on

from autograder.audit import CELLS
from autograder.judge import judge
from autograder.reference import filter_normalise
from course_utils import (
    PlainDeepCNN,
    check_filter_normalise,
    check_loss_along,
    loss_of,
    loss_on_grid,
    plot_loss_contours,
    plot_loss_lines,
    plot_loss_surfaces,
    random_direction,
    weights_of,
)
from course_utils.evidence import measured, pack, unpack


def published(direction, weights):
    """As the code of Li et al. does it: a loop over the filters, in place."""
    for d, w in zip(direction, weights, strict=True):
        if d.dim() <= 1:
            d.fill_(0)
        else:
            for of_d, of_w in zip(d, w, strict=True):
                of_d.mul_(of_w.norm() / (of_d.norm() + 1e-10))
    return direction


def walk(loss, weights, direction, alphas):
    return [loss([w + alpha * d for w, d in zip(weights, direction, strict=True)]) for alpha in alphas]


def normalised(scale, flat=torch.zeros_like):
    def answer(direction, weights):
        return [flat(d) if d.ndim <= 1 else scale(d, w) for d, w in zip(direction, weights, strict=True)]

    return answer


def rows(d, w, guard=1e-10):
    shape = (-1,) + (1,) * (d.ndim - 1)
    return d * w.flatten(1).norm(dim=1).view(shape) / (d.flatten(1).norm(dim=1).view(shape) + guard)


@pytest.mark.parametrize(("name", "right"), [("filter_normalise", published), ("loss_along", walk)])
def test_a_right_answer_gets_every_point_and_no_diagnosis(name, right):
    assert lost(verdict_on(name, right)) == set() and not verdict_on(name, right).diagnoses


def test_the_reference_is_the_published_loop():
    weights = weights_of(PlainDeepCNN(1))
    direction = random_direction(weights, 0)
    expected = published([d.clone() for d in direction], weights)
    for mine, theirs in zip(filter_normalise(direction, weights), expected, strict=True):
        assert torch.allclose(mine.float(), theirs, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "criterion", "wrong"),
    [
        ("filter_normalise", "filters-conv", normalised(lambda d, w: rows(d, w) if d.ndim == 2 else d)),
        ("filter_normalise", "filters-linear", normalised(lambda d, w: rows(d, w) if d.ndim == 4 else d)),
        ("filter_normalise", "filters-flat", normalised(rows, flat=lambda d: d)),
        ("filter_normalise", "filters-zero", normalised(lambda d, w: rows(d, w, guard=0))),
        ("loss_along", "line-values", lambda loss, w, d, alphas: walk(loss, w, d, [-alpha for alpha in alphas])),
    ],
)
def test_each_criterion_is_lost_by_an_answer_that_is_wrong_there_alone(name, criterion, wrong):
    assert criterion in lost(verdict_on(name, wrong)) <= {criterion, "filters-zero"}


def test_weights_that_stay_moved_cost_their_criterion_alone():
    def in_place(loss, weights, direction, alphas):
        start, losses = [w.clone() for w in weights], []
        for alpha in alphas:
            for w, s, d in zip(weights, start, direction, strict=True):
                w.copy_(s + alpha * d)
            losses.append(loss(weights))
        return losses

    assert lost(verdict_on("loss_along", in_place)) == {"line-unchanged"}


@pytest.mark.parametrize(
    ("name", "nothing"),
    [
        ("filter_normalise", lambda d, w: [torch.zeros_like(one) for one in d]),
        ("filter_normalise", lambda d, w: [one * float("nan") for one in d]),
        ("filter_normalise", lambda d, w: []),
        ("filter_normalise", lambda d, w: d[0]),
        ("loss_along", lambda loss, w, d, alphas: [0.0] * len(alphas)),
        ("loss_along", lambda loss, w, d, alphas: [loss(w)] * len(alphas)),
        ("loss_along", lambda loss, w, d, alphas: float("nan")),
    ],
)
def test_empty_and_constant_answers_earn_nothing(name, nothing):
    verdict = verdict_on(name, nothing)
    assert verdict.points == 0 and not verdict.diagnoses


def test_hostile_evidence_never_passes():
    arrays, report = unpack(measured("filter_normalise", published, SEED), "filter_normalise", SEED)
    report["cases"]["convs"]["returned"] = 10**9
    verdict = judge(CELLS["filter_normalise"], pack("filter_normalise", arrays, report, SEED), SEED)
    assert verdict.points == 0


@pytest.mark.parametrize(
    ("check", "answer", "said"),
    [
        (check_filter_normalise, published, "All as expected"),
        (check_filter_normalise, normalised(lambda d, w: d * w.norm() / d.norm()), "over which numbers"),
        (check_filter_normalise, normalised(lambda d, w: rows(d, w, guard=0)), "0 / 0"),
        (check_filter_normalise, lambda d, w: None, "return"),
        (check_loss_along, walk, "All as expected"),
        (check_loss_along, lambda loss, w, d, a: [loss(w)] * len(a), "at which weights"),
    ],
)
def test_checks_say_in_words_what_was_seen(capsys, check, answer, said):
    check(answer)
    assert said in capsys.readouterr().out


# The loss as a function of the weights


def setting():
    torch.manual_seed(0)
    return PlainDeepCNN(1).eval(), torch.randn(20, 3, 8, 8), torch.randint(0, 10, (20,))


@torch.no_grad()
def test_the_loss_at_the_weights_is_the_networks_own_in_both_readings():
    network, images, labels = setting()
    weights = weights_of(network)
    fixed = F.cross_entropy(network(images), labels).item()
    assert loss_of(network, images, labels, "fixed")(weights) == pytest.approx(fixed, rel=1e-6)
    own = loss_of(network, images, labels)(weights)
    assert own == pytest.approx(F.cross_entropy(network.train()(images), labels).item(), rel=1e-6) and own != fixed


def test_walking_changes_neither_the_network_nor_the_next_value():
    network, images, labels = setting()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    loss, weights = loss_of(network, images, labels), weights_of(network)
    direction = filter_normalise(random_direction(weights, 1), weights)
    first = loss(weights)
    walk(loss, weights, direction, [-1, 0.5, 1])
    assert loss(weights) == first and not network.training
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def test_weights_before_a_batch_norm_have_no_scale():
    network, images, labels = setting()
    loss, weights = loss_of(network, images, labels), weights_of(network)
    tripled = [3 * w if w.ndim == 4 else w for w in weights]
    assert loss(tripled) == pytest.approx(loss(weights), rel=1e-3)


def test_the_slope_of_a_line_is_the_gradient_along_it():
    network, images, labels = setting()
    network, images = network.double(), images.double()
    loss, weights = loss_of(network, images, labels), weights_of(network)
    direction = filter_normalise(random_direction(weights, 2), weights)
    back, forth = walk(loss, weights, direction, [-1e-5, 1e-5])
    F.cross_entropy(network.train()(images), labels).backward()
    slope = sum((p.grad * d).sum().item() for p, d in zip(network.parameters(), direction, strict=True))
    assert (forth - back) / 2e-5 == pytest.approx(slope, rel=1e-3)


def test_a_grid_is_rows_of_lines():
    grid = loss_on_grid(
        walk, lambda at: at[0].item(), [torch.tensor(5.0)], [torch.tensor(1.0)], [torch.tensor(10.0)], [-1, 2]
    )
    assert grid == [[-6, -3], [24, 27]]


def test_words_for_what_does_not_fit():
    network, images, labels = setting()
    with pytest.raises(ValueError, match="own, fixed"):
        loss_of(network, images, labels, statistics="running")
    with pytest.raises(ValueError, match="weights_of"):
        loss_of(network, images, labels)(weights_of(network)[:-1])


# Figures


def test_lines_show_the_geometric_mean_and_say_it():
    figure = plot_loss_lines({"plain": [[1, 4], [4, 1]], "residual": [[0.1, 0.2]]}, [-1, 1])
    line = next(line for line in figure.axes[0].get_lines() if line.get_label() == "plain")
    assert np.allclose(line.get_ydata(), math.sqrt(4)) and "plain: 2 at the lowest" in figure.alt
    with pytest.raises(ValueError, match="no lines"):
        plot_loss_lines({}, [])


def test_planes_share_one_scale_and_are_described():
    steps = [-1, 0, 1]
    grids = {
        "plain": [[9, 3, 9], [3, 1, 3], [9, 3, 9]],
        "residual": [[0.9, 0.3, 0.9], [0.3, 0.1, 0.3], [0.9, 0.3, 0.9]],
    }
    contours = plot_loss_contours(grids, steps)
    scales = {
        (c.norm.vmin, c.norm.vmax)
        for axes in contours.axes[:2]
        for c in axes.collections
        if c.get_cmap().name == "cividis"
    }
    assert scales == {(0.1, 9)} and "plain: 1 in the middle" in contours.alt
    surfaces = plot_loss_surfaces(grids, steps)
    assert "residual: from 0.1 to 0.9" in surfaces.alt and surfaces._repr_png_()[0][:4] == b"\x89PNG"
