"""Lessons 02 and 03: a block and a network, their outputs, gradients, losses and structure.

Shapes are (pictures, channels, height, width) throughout.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.parameter import UninitializedTensorMixin

from course_utils.measurements.calling import error_of, kind_of, made
from course_utils.measurements.own_block import a_block_that_works, built_from
from course_utils.measurements.short_training import TRAINING_CLASSES, BlockRig, train_shortly, training_batch
from course_utils.models import PlainBlock
from course_utils.seeding import Draws, probe_value, role, training_value

MAX_TENSORS = 1000


@dataclass(frozen=True)
class BlockCase:
    """One configuration of a block and the pictures it is measured on; the evaluation pictures have another size."""

    id: str
    in_channels: int
    out_channels: int
    stride: int
    shape: tuple[int, int, int] = (4, 9, 8)
    eval_shape: tuple[int, int, int] = (1, 8, 11)


BLOCK_CASES = (
    BlockCase("same", 4, 4, 1),
    BlockCase("same-wider", 6, 6, 1, (3, 8, 10)),
    BlockCase("channels", 4, 6, 1),
    BlockCase("stride", 4, 4, 2),
    BlockCase("both", 4, 6, 2),
    BlockCase("fewer", 6, 3, 2, (4, 8, 8)),
    BlockCase("fewer-same-size", 6, 3, 1, (4, 8, 8)),
)
"""Functions are compared in these."""

SHAPE_CASES = (
    BlockCase("shown-same", 16, 16, 1, (2, 32, 32)),
    BlockCase("shown-channels", 16, 32, 1, (2, 32, 32)),
    BlockCase("shown-both", 16, 32, 2, (2, 32, 32)),
    BlockCase("unseen-stride", 16, 16, 2, (2, 16, 16)),
    BlockCase("unseen-odd", 24, 12, 2, (3, 15, 9)),
)
"""Only the shape of the output is compared in these."""


@dataclass(frozen=True)
class NetworkCase:
    """One depth of a network and the pictures it is measured on, in training and then in evaluation mode."""

    id: str
    n_blocks: int
    shape: tuple[int, int, int] = (6, 12, 12)
    eval_shape: tuple[int, int, int] = (1, 8, 8)


NETWORK_CASES = (
    NetworkCase("one", 1),
    NetworkCase("two", 2, (6, 12, 12), (3, 32, 32)),
    NetworkCase("four", 4, (4, 9, 9), (1, 8, 8)),
)


class StandIn(PlainBlock):
    """The block that a student's network is built from while it is measured: it notes how it is built and called.

    So a network is marked on its own, whatever the student's block does. It has the attributes of a residual block,
    in case somebody initialises them, and computes what PlainBlock computes.
    """

    record: "BlockRecord"

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__(in_channels, out_channels, stride)
        self.shortcut = nn.Sequential()
        self.made_with = (in_channels, out_channels, stride)
        self.index = StandIn.record.add(self, [int(size) for size in self.made_with])

    def __deepcopy__(self, memo: dict) -> "StandIn":
        """A copy is a block of its own, and is noted as one."""
        memo[id(self)] = copied = type(self)(*self.made_with)
        copied.load_state_dict(self.state_dict())
        return copied.train(self.training)

    def __setstate__(self, state: dict) -> None:
        """So is one that was saved and loaded; a shallow copy has the same layers, and is the same block."""
        super().__setstate__(state)
        if not any(self._modules is block._modules for block in StandIn.record.blocks):
            self.index = StandIn.record.add(self, [int(size) for size in self.made_with])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        StandIn.record.called(self.index)
        return super().forward(x)


def _block(block: Callable, in_channels: int, out_channels: int, stride: int) -> nn.Module:
    return made(block, in_channels, out_channels, stride, names=("in_channels", "out_channels", "stride"))


def _network(network: Callable, n_blocks: int) -> nn.Module:
    return made(network, n_blocks, StandIn, names=("n_blocks", "block"))


class BlockRecord:
    """Which blocks a network built, of which class, with which (in_channels, out_channels, stride); and which ran."""

    def __init__(self):
        self.blocks: list[nn.Module] = []
        self.specifications: list[list[int] | None] = []
        self.calls: list[int] = []

    def add(self, block: nn.Module, specification: list[int] | None) -> int:
        if len(self.blocks) >= MAX_TENSORS:
            raise ValueError(f"more than {MAX_TENSORS} blocks were built")
        self.blocks.append(block)
        self.specifications.append(specification)
        return len(self.blocks) - 1

    def called(self, index: int) -> None:
        if len(self.calls) < MAX_TENSORS:
            self.calls.append(index)

    def watch(self, model: nn.Module) -> None:
        """Note the calls of blocks other than the given one, too: they show how a network is built that ignores it."""
        for module in model.modules():
            if type(module) is PlainBlock or type(module).__name__ == "ResidualBlock":
                index = self.add(module, None)
                module.register_forward_pre_hook(lambda module, inputs, index=index: self.called(index))
                module.register_forward_hook(
                    lambda module, inputs, output, index=index: self._saw(index, inputs, output)
                )

    def _saw(self, index: int, inputs: tuple, output: torch.Tensor) -> None:
        before, after = inputs[0].shape, output.shape
        self.specifications[index] = [before[1], after[1], round(before[2] / after[2])]

    def report(self, models: list[nn.Module]) -> dict:
        """JSON types: blocks (class, specification, whether PyTorch knows it), calls, and where each block's tensors are."""
        names = {id(module): name for model in models for name, module in model.named_modules()}
        blocks = [
            {
                "kind": StandIn.__name__ if isinstance(block, StandIn) else type(block).__name__,
                "specification": specification,
                "registered": id(block) in names,
            }
            for block, specification in zip(self.blocks, self.specifications, strict=True)
        ]
        owners = {names[id(block)]: index for index, block in enumerate(self.blocks) if id(block) in names}
        return {"blocks": blocks, "calls": self.calls, "owners": owners}


def _attributes(model: nn.Module) -> dict[str, torch.Tensor]:
    """Tensors that PyTorch does not know of, by name: plain attributes of a module that has no buffers of its own."""
    return {
        f"{prefix}.{name}".lstrip("."): value
        for prefix, module in model.named_modules()
        if not any(True for _ in module.buffers(recurse=False))
        for name, value in vars(module).items()
        if isinstance(value, torch.Tensor) and _is_plain(value) and not value.is_meta
    }


def _buffers(model: nn.Module) -> dict[str, torch.Tensor]:
    """All that may be a running statistic: buffers, and tensors that should be."""
    return {name: b for name, b in model.named_buffers() if _is_plain(b)} | _attributes(model)


def _differ(one: torch.Tensor, other: torch.Tensor) -> bool:
    return one.device != other.device or not torch.equal(one, other)


def _statistics(before: dict[str, torch.Tensor], model: nn.Module) -> dict[str, str]:
    """Running statistics by what they do: a forward pass in training changed them, from all 0 or all 1.

    Returns another name for each that says what it is, where its own does not, or where PyTorch does not know of it.
    """
    found, unknown = {}, _attributes(model)
    for name, now in _buffers(model).items():
        was = before.get(name)
        if was is None or not now.is_floating_point() or now.dim() == 0 or was.shape != now.shape:
            continue
        named_so = role(name, tuple(now.shape)) in ("mean", "variance")
        if not (named_so and name not in unknown) and _differ(was, now):
            if named_so:
                found[name] = name
            elif not was.any():
                found[name] = f"{name}_mean"
            elif (was == 1).all():
                found[name] = f"{name}_var"
    return found


def _is_plain(tensor: torch.Tensor) -> bool:
    return not isinstance(tensor, UninitializedTensorMixin) and tensor.layout is torch.strided


def _tensors(model: nn.Module, known_as: dict[str, str] | None = None) -> list[tuple[str, str, torch.Tensor]]:
    """All parameters, then all buffers, then what is `known_as` one: (name, "parameter" | "buffer", tensor), each once.

    What takes no part and cannot be filled is left out: tensors without a shape (of lazy layers that never ran) or with
    another layout. Parameters that are not real numbers count as buffers.
    """
    known_as = known_as or {}
    named = [(name, "parameter", tensor) for name, tensor in model.named_parameters()]
    named = [(name, kind if tensor.is_floating_point() else "buffer", tensor) for name, kind, tensor in named]
    named += [(known_as.get(name, name), "buffer", tensor) for name, tensor in model.named_buffers()]
    named += [(known_as[name], "buffer", tensor) for name, tensor in _attributes(model).items() if name in known_as]
    named = [(name, kind, tensor) for name, kind, tensor in named if _is_plain(tensor)]
    if len(named) > MAX_TENSORS:
        raise ValueError(f"the model has {len(named)} tensors; at most {MAX_TENSORS} are measured")
    return named


def _fill(model: nn.Module, draws: Draws, value: Callable, known_as: dict[str, str] | None = None) -> None:
    """Set every parameter and every running statistic of `model` from the seed."""
    with torch.no_grad():
        for index, (name, kind, tensor) in enumerate(_tensors(model, known_as)):
            what = role(name, tuple(tensor.shape))
            if what == "counter":
                tensor.zero_()
            elif kind == "parameter" or what in ("mean", "variance") and tensor.is_floating_point():
                tensor.copy_(torch.from_numpy(value(draws, index, name, tuple(tensor.shape))))


def _output(value: object) -> np.ndarray:
    """A model's output as float32. Raises TypeError, in words, for anything but a tensor of numbers."""
    if not isinstance(value, torch.Tensor):
        raise TypeError(f"forward returned {kind_of(value)}; expected a tensor")
    if value.numel() > 10**6:
        raise ValueError(f"forward returned a tensor of shape {tuple(value.shape)}, too large to be measured")
    return value.detach().to("cpu", torch.float32).numpy().copy()


def _pictures(draws: Draws, shape: tuple[int, int, int], channels: int, mode: str) -> torch.Tensor:
    pictures, height, width = shape
    return torch.from_numpy(draws.at(mode, "input").normal(pictures, channels, height, width))


def measure_module(
    build: Callable[[], nn.Module],
    draws: Draws,
    case: "BlockCase | NetworkCase",
    channels: int,
    sketch: bool,
    calls: list,
) -> tuple[dict, dict]:
    """Build a module and measure it: forward and backward in training mode, then forward in evaluation mode.

    Returns arrays (keys start with the case's id) and a report. Parameter gradients are kept whole, or with `sketch` as
    one number each: the gradient's product with a seeded direction of the same shape. `calls` is emptied before the run
    that counts.
    """
    arrays: dict[str, np.ndarray] = {}
    report: dict = {"tensors": [], "eps": {}, "errors": [], "input_changed": False}
    here = draws.at(case.id)
    stage = "build"
    ran = None
    known_as: dict[str, str] = {}
    try:
        torch.default_generator.manual_seed(0)  # torch.manual_seed notes a traceback for every other kind of device
        model = build()
        if not isinstance(model, nn.Module):
            raise TypeError(f"this gave {kind_of(model)}; expected an nn.Module")
        stage = "train"
        leaf = _pictures(here, case.shape, channels, "train")
        model.train()
        before = {name: buffer.clone() for name, buffer in _buffers(model).items()}
        try:
            model(leaf.clone())  # gives lazy layers their shapes
        finally:
            known_as = _statistics(before, model)
            named = _tensors(model, known_as)
            report["tensors"] = [[name, kind, list(tensor.shape), True] for name, kind, tensor in named]
        calls.clear()
        _fill(model, here, probe_value, known_as)
        # not a leaf: changing a leaf in place raises, and here such a change is to be seen, not prevented
        given = leaf.requires_grad_() * 1.0
        given_first = given.detach().clone()
        before = {name: buffer.clone() for name, buffer in _buffers(model).items()}
        output = model(given)
        now = _buffers(model)
        moved = {known_as.get(name, name) for name, was in before.items() if _differ(was, now.get(name, was))}
        for tensor in report["tensors"]:
            if tensor[1] == "buffer":
                tensor[3] = tensor[0] in moved
        ran = list(calls)
        report["input_changed"] = not torch.equal(given.detach(), given_first)
        arrays[f"{case.id}/train/output"] = _output(output)
        stage = "gradients"
        (output * torch.from_numpy(here.at("cotangent").normal(*output.shape))).sum().backward()
        gradient = torch.zeros_like(leaf) if leaf.grad is None else leaf.grad
        arrays[f"{case.id}/train/input_gradient"] = gradient.numpy().copy()
        for index, (_, kind, tensor) in enumerate(_tensors(model)):
            if kind == "parameter":
                report["tensors"][index][3] = tensor.grad is not None or not tensor.requires_grad
                if tensor.grad is not None:
                    gradient = tensor.grad.numpy().copy()
                    arrays[f"{case.id}/gradient/{index}"] = sketched(gradient, here, index) if sketch else gradient
    except (Exception, SystemExit) as error:
        report["errors"].append(error_of(error, stage))
    ran = list(calls) if ran is None else ran
    if report["tensors"]:
        report["eps"] = {name: module.eps for name, module in model.named_modules() if isinstance(module, _BatchNorm)}
        stage = "eval"
        try:
            _fill(model, here, probe_value, known_as)
            model.eval()
            with torch.no_grad():
                pictures = _pictures(here, case.eval_shape, channels, "eval")
                arrays[f"{case.id}/eval/output"] = _output(model(pictures.clone()))
                parameters = [(i, t) for i, (_, kind, t) in enumerate(_tensors(model)) if kind == "parameter"]
                for index, parameter in parameters:
                    if not parameter.requires_grad:
                        report["tensors"][index][3] = _depends(model, pictures, parameter)
                for _, parameter in parameters:
                    parameter.zero_()
                arrays[f"{case.id}/zero/output"] = _output(model(pictures.clone()))
        except (Exception, SystemExit) as error:
            report["errors"].append(error_of(error, stage))
    calls[:] = ran
    return arrays, report


def _depends(model: nn.Module, pictures: torch.Tensor, parameter: torch.Tensor) -> bool:
    """Whether the output in evaluation mode depends on a parameter, which stays as it is."""
    before, kept = model(pictures.clone()), parameter.clone()
    parameter.add_(1)
    changed = not torch.equal(before, model(pictures.clone()))
    parameter.copy_(kept)
    return changed


def sketched(gradient: np.ndarray, draws: Draws, index: int) -> np.ndarray:
    """A gradient's product with the seeded direction of the `index`-th tensor: one number, float32 (1,)."""
    direction = draws.at("direction", index).normal(*gradient.shape)
    return np.array([np.sum(gradient * direction, dtype=np.float64)], dtype=np.float32)


def _measure_training(train: Callable, obj: object, draws: Draws, arrays: dict, report: dict) -> None:
    try:
        arrays["training/loss"] = train(obj, draws)
    except (Exception, SystemExit) as error:
        report["errors"].append(error_of(error, "training"))


def _on(device: str, model: nn.Module) -> nn.Module:
    return model if device == "cpu" else model.to(device)


def train_block(block: object, draws: Draws, device: str = "cpu") -> np.ndarray:
    """Losses of the short training of two blocks of the class `block`."""
    here = draws.at("training")
    classifier = torch.from_numpy(here.at("classifier").normal(6, TRAINING_CLASSES))
    rig = _on(device, BlockRig(_block(block, 4, 4, 1), _block(block, 4, 6, 2), classifier))
    rig(training_batch(here, 0, 4)[0].to(device))
    _fill(rig.first, here.at("first"), training_value)
    _fill(rig.second, here.at("second"), training_value)
    return train_shortly(rig, here, 4, device)


def train_network(network: object, draws: Draws, device: str = "cpu") -> np.ndarray:
    """Losses of the short training of a network of the class `network`, with one stand-in block a stage."""
    here = draws.at("training")
    StandIn.record = BlockRecord()
    model = _on(device, _network(network, 1))
    model(training_batch(here, 0, 3)[0].to(device))
    _fill(model, here, training_value)
    return train_shortly(model, here, 3, device)


def measure_residual_block(block: object, draws: Draws) -> tuple[dict, dict]:
    """Measure a block class `block(in_channels, out_channels, stride)`."""
    arrays, report = {}, {"cases": {}, "shapes": {}, "errors": [], "library": _library(block)}
    for case in BLOCK_CASES:
        build = lambda case=case: _block(block, case.in_channels, case.out_channels, case.stride)  # noqa: E731
        found, report["cases"][case.id] = measure_module(build, draws, case, case.in_channels, sketch=False, calls=[])
        arrays |= found
    for case in SHAPE_CASES:
        try:
            with torch.no_grad():
                given = _pictures(draws.at(case.id), case.shape, case.in_channels, "train")
                output = _block(block, case.in_channels, case.out_channels, case.stride)(given)
            if not isinstance(output, torch.Tensor):
                raise TypeError(f"forward returned {kind_of(output)}; expected a tensor")
            report["shapes"][case.id] = list(output.shape)
        except (Exception, SystemExit) as error:
            report["shapes"][case.id] = error_of(error, "shape")

    _measure_training(train_block, block, draws, arrays, report)
    return arrays, report


def measure_simple_resnet(network: object, draws: Draws) -> tuple[dict, dict]:
    """Measure a network class `network(n_blocks, block)`, built from `StandIn`, and once from its own default block."""
    own = built_from(network)
    with a_block_that_works():
        arrays, report = _measure_network(network, draws)
        if own["error"] and own["default"] == "None":  # it means ResidualBlock, where it is built from one that works
            own["default_is_own"] = bool(built_from(network)["built"].get("own"))
    return arrays, report | {"own_block": own}


def _measure_network(network: object, draws: Draws) -> tuple[dict, dict]:
    arrays, report = {}, {"cases": {}, "errors": []}
    for case in NETWORK_CASES:
        StandIn.record = record = BlockRecord()
        models: list[nn.Module] = []

        def build(case=case, record=record, models=models) -> nn.Module:
            model = _network(network, case.n_blocks)
            if isinstance(model, nn.Module):
                models.append(model)
                record.watch(model)
            return model

        found, report["cases"][case.id] = measure_module(build, draws, case, 3, sketch=True, calls=record.calls)
        report["cases"][case.id] |= record.report(models)
        arrays |= found

    _measure_training(train_network, network, draws, arrays, report)
    return arrays, report


def _library(block: object) -> str:
    """The library that a class comes from, or nothing where it is the notebook's own."""
    module = getattr(block, "__module__", "") or ""
    return module if isinstance(module, str) and module.split(".")[0] in {"torch", "torchvision", "timm"} else ""
