"""The notebook's own ResidualBlock, seen from the network: is it built from it, and can it be built without it?

The one idea: a network is marked by itself, whatever became of the lesson before.
"""

import contextlib
import inspect
import sys

import torch
from torch import nn

from course_utils.carry import MissingBlock
from course_utils.measurements.calling import error_of, made, text


def _made(block: object, *values: int) -> nn.Module:
    return made(block, *values, names=("in_channels", "out_channels", "stride"))


@contextlib.contextmanager
def a_block_that_works():
    """The notebook with a ResidualBlock that can be used, where its own is missing or raises.

    Lesson 02 is marked elsewhere; and a network that names ResidualBlock itself has to be measured, too.
    """
    notebook, name = sys.modules.get("__main__"), "ResidualBlock"
    there = hasattr(notebook, name)
    own = getattr(notebook, name, None)
    try:
        with torch.no_grad():
            works = _made(own, 4, 6, 2)(torch.zeros(2, 4, 8, 8)).shape == (2, 6, 4, 4)
    except (Exception, SystemExit):
        works = False
    if not works:
        setattr(notebook, name, type(name, (MissingBlock,), {"__module__": getattr(own, "__module__", "__main__")}))
    try:
        yield
    finally:
        if there:
            setattr(notebook, name, own)
        elif hasattr(notebook, name):
            delattr(notebook, name)


def built_from(network: object) -> dict:
    """What `network` is built from when no block is given: how many of the notebook's own ResidualBlock."""
    own = getattr(sys.modules.get("__main__"), "ResidualBlock", None)
    makers = [] if own is None else [own]
    missing = isinstance(own, type) and own.__base__ is MissingBlock
    found: dict = {"built": {}, "default": "", "default_is_own": False, "error": None, "missing": missing}
    with contextlib.suppress(TypeError, ValueError):
        default = (
            inspect.signature(network).parameters["block"].default
            if "block" in inspect.signature(network).parameters
            else None
        )
        found["default"] = getattr(default, "__name__", text(default))
        named_so = found["default"] == "ResidualBlock"  # as where the cell that defines it was run again
        found["default_is_own"] = default is not None and (
            default is own or named_so and (own is None or _home(default) == _home(own))
        )
        makers += [default] if found["default_is_own"] else []
    kinds = tuple(kind for kind in map(_kind_made_by, makers) if kind is not None)
    try:
        model = network(2)
        with contextlib.suppress(Exception, SystemExit), torch.no_grad():
            model(torch.zeros(2, 3, 16, 16))  # some build their blocks when they first run
        counts: dict[str, int] = {}
        for module in model.modules():
            kind = "own" if isinstance(module, kinds) else type(module).__name__
            counts[kind] = counts.get(kind, 0) + 1
        found["built"] = counts
    except (Exception, SystemExit) as error:
        found["error"] = error_of(error, "build")
    return found


def _home(thing: object) -> object:
    return getattr(thing, "__module__", None)


def _kind_made_by(block: object) -> type | None:
    """The class of the blocks that `block` makes, be it a class or a function; None for one that makes none."""
    if isinstance(block, type):
        return block
    with contextlib.suppress(Exception, SystemExit):
        return type(_made(block, 4, 4, 1))
    return None
