"""The networks that a run asks for, by kind and depth."""

from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO

from torch import nn

from course_utils.carry import NotKept, bring
from course_utils.models import PlainDeepCNN, PlainNet18

KINDS = ("plain", "residual")
DEPTHS = "7, 13, 19, ... (conv layers), 8, 14, 20, ... 56, ... 110 (as papers count), or 18 (ResNet-18)"


class NoSuchNetwork(Exception):
    """There is no such network, or not here; the message says which there are, or how to get it."""


def builders(asked: dict) -> dict[str, Callable[[], nn.Module]]:
    """Name -> a function that builds the network, for all that `asked` (of a run) asks for. Raises NoSuchNetwork."""
    return {
        f"{kind}-{depth}": _builder(kind, depth, asked["shortcut"])
        for depth in asked["depths"]
        for kind in asked["kinds"]
    }


def _builder(kind: str, depth: int, shortcut: str) -> Callable[[], nn.Module]:
    """A function that builds the network; raises NoSuchNetwork for a depth that no network has."""
    n_blocks, rest = divmod(depth - 1, 6)
    if depth != 18 and (n_blocks < 1 or rest > 1):
        raise NoSuchNetwork(f"There is no network of depth {depth}; expected {DEPTHS}")
    if kind == "plain":
        return PlainNet18 if depth == 18 else lambda: PlainDeepCNN(n_blocks)
    try:
        from study.networks import resnet, resnet18
    except ImportError:  # as students have it: the residual network is theirs to write
        return _own_resnet(depth, n_blocks, shortcut)
    return (lambda: resnet18(shortcut)) if depth == 18 else lambda: resnet(n_blocks, shortcut)


def _own_resnet(depth: int, n_blocks: int, shortcut: str) -> Callable[[], nn.Module]:
    """The student's own SimpleResNet, from the `my_resnet.py` of this folder."""
    if depth == 18 or shortcut != "projection":
        raise NoSuchNetwork("This network is not installed here; it comes with the course's repository, in study/")
    with redirect_stdout(StringIO()):
        network = bring("SimpleResNet")
    try:
        network(n_blocks)
    except NotKept:
        raise NoSuchNetwork(
            "The residual network is yours to bring: finish lesson 03 up to keep(SimpleResNet), and run this command in "
            "the folder that holds my_resnet.py"
        ) from None
    return lambda: network(n_blocks)
