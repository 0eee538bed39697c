"""The plain networks, against torchvision, He et al.'s table and formulas."""

import math

import pytest
import torch
from torch import nn
from torchvision.models import resnet18
from torchvision.models.resnet import BasicBlock

from course_utils.models import PlainBlock, PlainDeepCNN, count_main_path_convs, count_parameters


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("size", [7, 8])
def test_a_block_strides_once_and_keeps_the_size_otherwise(size, stride):
    out = PlainBlock(4, 6, stride)(torch.randn(2, 4, size, size))
    assert out.shape == (2, 6, math.ceil(size / stride), math.ceil(size / stride))


class AddsNothing(nn.Module):
    def forward(self, x):
        return 0.0


@pytest.mark.parametrize("training", [True, False])
def test_a_plain_block_is_torchvisions_block_without_its_shortcut(training):
    ours = PlainBlock(8, 12, stride=2)
    theirs = BasicBlock(8, 12, stride=2, downsample=AddsNothing())
    theirs.load_state_dict(ours.state_dict())
    ours.train(training), theirs.train(training)
    x = torch.randn(4, 8, 9, 9)
    torch.testing.assert_close(ours(x), theirs(x))
    for key, value in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[key], value)


@pytest.mark.parametrize("size", [8, 32])
def test_a_network_gives_ten_logits_for_digits_and_for_cifar_pictures(size):
    net = PlainDeepCNN(n_blocks=2)
    assert net(torch.randn(3, 3, size, size)).shape == (3, 10)
    assert net.eval()(torch.randn(1, 3, size, size)).shape == (1, 10)


def test_the_stages_halve_the_picture_twice_and_double_the_channels():
    net, shapes = PlainDeepCNN(n_blocks=2).eval(), []
    for stage in (net.stage1, net.stage2, net.stage3):
        stage.register_forward_hook(lambda module, inputs, output: shapes.append(tuple(output.shape[1:])))
    net(torch.randn(1, 3, 32, 32))
    assert shapes == [(16, 32, 32), (32, 16, 16), (64, 8, 8)]


@pytest.mark.parametrize("n_blocks", [1, 3, 5, 9])
def test_there_are_1_plus_6n_convolutions(n_blocks):
    assert count_main_path_convs(PlainDeepCNN(n_blocks)) == 1 + 6 * n_blocks


@pytest.mark.parametrize(("n_blocks", "millions"), [(3, 0.27), (5, 0.46), (7, 0.66), (9, 0.85)])
def test_parameters_agree_with_table_6_of_he_et_al_2016(n_blocks, millions):
    assert count_parameters(PlainDeepCNN(n_blocks)) / 1e6 == pytest.approx(millions, abs=0.006)


def test_parameters_agree_with_the_formula():
    def block(i, o):
        return 9 * i * o + 2 * o + 9 * o * o + 2 * o

    n = 4
    stem, head = 9 * 3 * 16 + 2 * 16, 64 * 10 + 10
    stages = sum(block(i, o) + (n - 1) * block(o, o) for i, o in [(16, 16), (16, 32), (32, 64)])
    assert count_parameters(PlainDeepCNN(n)) == stem + stages + head


def test_a_parameter_that_is_frozen_or_shared_is_not_counted_again():
    net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    net[1].weight = net[0].weight
    net[0].bias.requires_grad_(False)
    assert count_parameters(net) == 3 * 3 + 3


def test_convolutions_of_shortcuts_are_not_on_the_main_path():
    net = resnet18(weights=None)  # 18 layers with weights: 17 convolutions and one linear layer
    for block in (m for m in net.modules() if isinstance(m, BasicBlock)):
        block.shortcut, block.downsample = block.downsample or nn.Identity(), None
    assert count_main_path_convs(net) == 17


def test_a_stage_without_blocks_is_refused():
    with pytest.raises(ValueError, match="n_blocks is 0; a stage needs at least 1 block"):
        PlainDeepCNN(0)
