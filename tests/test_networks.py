"""The networks of the studies, against torchvision and the numbers of the papers."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torchvision
from torch import nn
from torchvision.models.resnet import BasicBlock

import course_utils
from course_utils.models import PlainNet18, count_main_path_convs, count_parameters
from study.networks import ResidualBlock, resnet, resnet18


def torchvisions_resnet18(downsample=None) -> nn.Module:
    """torchvision's, in CIFAR form; `downsample`: what takes the place of every shortcut, the identity included."""
    net = torchvision.models.resnet18(weights=None, num_classes=10)
    net.conv1, net.maxpool = nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.Identity()
    for block in (m for m in net.modules() if isinstance(m, BasicBlock)):
        block.downsample = downsample or block.downsample
    return net


def in_torchvisions_names(state: dict) -> dict:
    return {key.replace("stage", "layer").replace("shortcut", "downsample"): value for key, value in state.items()}


class AddsNothing(nn.Module):
    def forward(self, x):
        return 0.0


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("build", "downsample"), [(resnet18, None), (PlainNet18, AddsNothing())])
def test_18_layers_are_torchvisions_with_a_stem_for_cifar(build, downsample, training):
    ours, theirs = build(), torchvisions_resnet18(downsample)
    theirs.load_state_dict(in_torchvisions_names(ours.state_dict()))
    ours.train(training), theirs.train(training)
    x = torch.randn(2, 3, 32, 32)
    a, b = ours(x), theirs(x)
    torch.testing.assert_close(a, b)
    a.square().sum().backward(), b.square().sum().backward()
    torch.testing.assert_close(ours.conv1.weight.grad, theirs.conv1.weight.grad, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("model", "millions", "layers"),
    [(lambda: resnet(3, "padded"), 0.27, 20), (lambda: resnet(9, "padded"), 0.85, 56),
     (lambda: resnet(18, "padded"), 1.7, 110), (resnet18, 11.2, 18)],
    ids=["20", "56", "110", "18"],
)  # fmt: skip
def test_parameters_and_layers_are_those_of_the_papers(model, millions, layers):
    net = model()
    assert round(count_parameters(net) / 1e6, 2 if millions < 1 else 1) == millions
    assert count_main_path_convs(net) == layers - 1


def test_torchvision_counts_the_same_parameters_for_18_layers():
    assert count_parameters(resnet18()) == count_parameters(torchvisions_resnet18())


def test_a_padded_shortcut_adds_every_second_pixel_and_zero_channels():
    block = ResidualBlock(4, 6, stride=2, shortcut="padded").eval()
    nn.init.zeros_(block.bn2.weight)  # so F(x) is 0
    x = torch.randn(2, 4, 7, 7)
    out = block(x)
    assert out.shape == (2, 6, 4, 4)
    assert torch.equal(out[:, 1:5], x[:, :, ::2, ::2].relu())
    assert not out[:, [0, 5]].any()


def test_plain_and_padded_networks_have_the_same_tensors():
    def shapes(net):
        return {key: value.shape for key, value in net.state_dict().items()}

    assert shapes(resnet(2, "padded")) == shapes(course_utils.PlainDeepCNN(2))
    assert shapes(resnet18("padded")) == shapes(PlainNet18())


@pytest.mark.parametrize("net", [resnet(1), resnet(1, "padded"), resnet18(), PlainNet18()])
def test_small_and_large_pictures_give_ten_logits(net):
    for size in (8, 32):
        assert net.eval()(torch.randn(1, 3, size, size)).shape == (1, 10)


def test_what_cannot_be_built_is_said():
    with pytest.raises(ValueError, match="shortcut is 'none'; expected one of projection, padded"):
        resnet(3, "none")
    with pytest.raises(ValueError, match="padding cannot take 6 channels to 4; use a projection"):
        ResidualBlock(6, 4, shortcut="padded")


def test_students_get_plain_networks_only():
    root = Path(__file__).parents[1]
    for path in (root / "course_utils").glob("*.py"):
        assert "self.shortcut(x)" not in path.read_text().replace("out = out + self.shortcut(x)", ""), path.name
    code = "import course_utils, sys; assert not [m for m in sys.modules if m.split('.')[0] == 'study']"
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True)
