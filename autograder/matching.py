"""Does a measured answer compute what a candidate computes? The question behind every verdict and every diagnosis.

An answer may name, order and nest its layers as it likes. So its tensors are grouped into layers by kind and shape, and
a candidate (the reference, or a misconception) is tried with each assignment of them to its own layers, values copied
one to one, until one reproduces what was measured. The values are not sent: both sides draw them from the seed.

Tolerances. The candidate runs in float64, the answer in float32 (eps = 1.2e-7), TF32 off. An output passes through at
most 2 (block) or 26 (network) normalised conv layers of at most 576 products each, so its rounding error is some
1e-6 … 1e-4 of the output's size; `OUTPUT_TOLERANCE` is 2e-3, and a wrong answer is off by tenths. Gradients are not
continuous: where rounding carries an activation over a ReLU's kink, one of its N ≥ 200 elements flips, which changes
the gradient's norm by some 1/sqrt(N) < 7 %; `GRADIENT_TOLERANCE` is 15 % of the norm, and a path that is cut costs
more. `python -m autograder audit --margins` measures both sides over many seeds; `docs/numerics.md` has the figures.
"""

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from torch import nn

from course_utils.measurements.modules import BlockCase, NetworkCase, sketched
from course_utils.models import PlainBlock
from course_utils.seeding import Draws, probe_value, role

OUTPUT_TOLERANCE = 2e-3
GRADIENT_TOLERANCE = 0.15
MAX_ASSIGNMENTS = 2000
MAX_UNUSED = 10**6
"""Numbers in a tensor that no gradient reached from which on nobody looks whether it takes part all the same."""
EPS = nn.BatchNorm2d(1).eps


@dataclass(frozen=True)
class Tensor:
    """A tensor of the answer: its place in the seeded order, name, kind, shape, and whether it is used.

    used: a gradient reached it; of a buffer, a forward pass in training mode changed it.
    pieces: where the answer keeps it otherwise (see `recutting`), the pieces that it is put together from.
    """

    index: int
    name: str
    kind: str
    shape: tuple[int, ...]
    used: bool
    pieces: tuple["Piece", ...] = ()

    @property
    def looked_at(self) -> bool:
        """Whether it can matter: not what is large and left over from an earlier try, say."""
        return self.used or math.prod(self.shape) <= MAX_UNUSED


@dataclass(frozen=True)
class Piece:
    """Elements `start` to `stop` of the reported tensor `index`, counted row by row, or column by column."""

    index: int
    start: int
    stop: int
    by_columns: bool = False

    def taken_from(self, whole: np.ndarray) -> np.ndarray:
        return whole.ravel()[self.places(whole)]

    def places(self, whole: np.ndarray) -> np.ndarray:
        """Where these elements are among all of `whole`."""
        all_of_it = np.arange(whole.size).reshape(whole.shape)
        return (all_of_it.T if self.by_columns else all_of_it).ravel()[self.start : self.stop]


@dataclass(frozen=True)
class Layer:
    """Tensors that belong together, by role (weight, shift, scale, mean, variance) → index."""

    kind: str
    shape: tuple[int, ...]
    tensors: dict[str, int]

    @property
    def key(self) -> tuple:
        """What must be equal for two layers to be exchangeable: a weight can be laid out in several ways (see _laid_out)."""
        return self.kind, math.prod(self.shape)


@dataclass
class Measured:
    """One case of the evidence: arrays by short key, the answer's tensors, what it raised, and its blocks, if any."""

    case: BlockCase | NetworkCase
    channels: int
    draws: Draws
    arrays: dict[str, np.ndarray]
    reported: list[Tensor]
    errors: list[dict]
    eps: dict[int, float] = field(default_factory=dict)
    input_changed: bool = False
    blocks: list[dict] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    owners: dict[str, int] = field(default_factory=dict)
    recut: list[Tensor] | None = None

    @property
    def sketch(self) -> bool:
        return isinstance(self.case, NetworkCase)

    @property
    def tensors(self) -> list[Tensor]:
        """The tensors of the answer's layers."""
        return self.reported if self.recut is None else self.recut

    def error(self, *where: str) -> dict | None:
        """What the answer raised at one of these stages, if it did."""
        return next((error for error in self.errors if error["where"] in where), None)

    def owner(self, tensor: Tensor) -> str | None:
        """The name of the noted block that a tensor belongs to, if any."""
        return next((name for name in self.owners if tensor.name.startswith(f"{name}.")), None)

    @cached_property
    def values(self) -> dict[int, np.ndarray]:
        """The value that every tensor was set to, from the seed."""
        return self.values_from(probe_value, self.draws)

    def values_from(self, value: Callable, draws: Draws) -> dict[int, np.ndarray]:
        """What `value` sets every tensor to, by index."""
        reported = {t.index: value(draws, t.index, t.name, t.shape) for t in self.reported if t.looked_at}
        cut = {
            t.index: np.concatenate([piece.taken_from(reported[piece.index]) for piece in t.pieces]).reshape(t.shape)
            for t in self.tensors
            if t.pieces
        }
        return reported | cut

    def pictures(self, mode: str) -> np.ndarray:
        """The input of `mode` ("train" or "eval"), float32 (N, C, H, W)."""
        return self._pictures[mode]

    @cached_property
    def _pictures(self) -> dict[str, np.ndarray]:
        shapes = {"train": self.case.shape, "eval": self.case.eval_shape}
        return {
            mode: self.draws.at(mode, "input").normal(pictures, self.channels, height, width)
            for mode, (pictures, height, width) in shapes.items()
        }


@dataclass(frozen=True)
class Agreement:
    """How far a candidate reproduces one case: outputs in both modes and gradients; and how it was built to do so.

    The deviations are what the three are judged by: see `distance` and `_gradient_deviation`. measured: the case as it
    agreed, where the answer's tensors had to be cut for that (see `recutting`).
    """

    train: bool
    eval: bool
    gradients: bool
    assignment: dict[str, int] | None
    orders: dict[str, str] = field(default_factory=dict)
    eps: dict[int, float] = field(default_factory=dict)
    deviation: float = float("inf")
    eval_deviation: float = float("inf")
    gradient_deviation: float = float("inf")
    measured: Measured | None = None

    @property
    def outputs(self) -> bool:
        return self.train and self.eval


BATCH_NORM = "normmean+scale+shift+variance"
NOTHING = Agreement(False, False, False, None)


def layers_of(tensors: list[Tensor]) -> Iterator[list[Layer]]:
    """Every sensible grouping of an answer's tensors into layers, the likeliest first.

    Layers that no gradient reached count as unused and are left out; then, if need be, they are tried as used: a path
    that is cut off from the gradients computes all the same. At last, norms that keep no running statistics count as
    batch norms: they can be right in training mode (see `fill`).
    """
    yield from _groupings(tensors)
    if not all(tensor.used for tensor in tensors if tensor.kind == "parameter"):
        yield from _groupings([replace(tensor, used=True) for tensor in tensors if tensor.looked_at])
    for layers in _groupings(tensors):
        if any(layer.kind == "normscale+shift" for layer in layers):
            yield [replace(one, kind=BATCH_NORM) if one.kind == "normscale+shift" else one for one in layers]


def _groupings(tensors: list[Tensor]) -> Iterator[list[Layer]]:
    groups: dict[str, list[Tensor]] = {}
    for tensor in tensors:
        what = role(tensor.name, tensor.shape)
        if what in ("mean", "variance") or what != "counter" and tensor.kind == "parameter":
            groups.setdefault(tensor.name.rpartition(".")[0], []).append(tensor)
    plain: list[Layer] = []
    loose: list[Tensor] = []
    statistics: list[Tensor] = []
    for group in groups.values():
        parameters = [tensor for tensor in group if tensor.kind == "parameter"]
        if not parameters:
            statistics.extend(tensor for tensor in group if role(tensor.name, tensor.shape) in ("mean", "variance"))
        if not any(tensor.used for tensor in parameters):
            continue
        layer = _layer(group, parameters)
        if layer:
            plain.append(layer)
        else:
            loose.extend(tensor for tensor in group if tensor.kind == "buffer" or tensor.used)
    by_index = {tensor.index: tensor for tensor in tensors}
    if statistics:  # of norms whose scales and shifts are kept apart from them
        halves = [layer for layer in plain if layer.kind.startswith("norm") and "mean" not in layer.tensors]
        loose += [by_index[index] for layer in halves for index in layer.tensors.values()]
        plain = [layer for layer in plain if layer not in halves]
    # a single vector is no norm: it is a bias that is kept apart from its layer, be that a plain one
    alone = [layer for layer in plain if layer.kind in ("normscale", "normshift")]
    vectors = [by_index[index] for layer in alone for index in layer.tensors.values()]
    loose += vectors
    vectors += [tensor for tensor in loose if role(tensor.name, tensor.shape) in ("scale", "shift")]
    owners = [
        layer
        for layer in plain
        if layer.tensors.keys() == {"weight"}
        and any(_may_be_bias(vector, by_index[layer.tensors["weight"]]) for vector in vectors)
    ]
    loose += [by_index[layer.tensors["weight"]] for layer in owners]
    plain = [layer for layer in plain if layer not in alone and layer not in owners]
    if not loose:
        yield plain
        return
    for extra in itertools.islice(_loose_layers(loose + statistics), MAX_ASSIGNMENTS):
        yield plain + extra


def _layer(group: list[Tensor], parameters: list[Tensor]) -> Layer | None:
    """One group as one layer: a weight with perhaps a bias, or a norm with all of its four tensors."""
    weights = [tensor for tensor in parameters if role(tensor.name, tensor.shape) == "weight"]
    vectors = [tensor for tensor in parameters if tensor not in weights]
    if len(weights) == 1 and len(vectors) <= 1 and len(group) == len(parameters):
        tensors = dict(zip(("weight", "shift"), (tensor.index for tensor in (*weights, *vectors)), strict=False))
        return Layer("weighted", weights[0].shape, tensors)
    if weights or not vectors or len(vectors) > 2 or len({tensor.shape for tensor in group}) != 1:
        return None
    tensors = {role(tensor.name, tensor.shape): tensor.index for tensor in vectors}
    if len(tensors) < len(vectors):
        return None
    for tensor in group:
        if tensor.kind == "buffer" and role(tensor.name, tensor.shape) in {"mean", "variance"}:
            tensors[role(tensor.name, tensor.shape)] = tensor.index
    return _norm(vectors[0], tensors)


def _norm(scale: Tensor, tensors: dict[str, int]) -> Layer:
    """A batch norm; some write its tensors with as many dimensions as a picture has."""
    return Layer("norm" + "+".join(sorted(tensors)), (math.prod(scale.shape),), tensors)


def _loose_layers(loose: list[Tensor]) -> Iterator[list[Layer]]:
    """Bare tensors (weights and norms kept as nn.Parameter, say) as layers, paired in every way that their sizes allow."""
    by_role: dict[str, list[Tensor]] = {"weight": [], "scale": [], "shift": [], "mean": [], "variance": []}
    for tensor in loose:
        by_role[role(tensor.name, tensor.shape)].append(tensor)
    weights, scales, shifts = by_role["weight"], by_role["scale"], by_role["shift"]
    if len(scales) > len(shifts) and (len(scales) + len(shifts)) % 2 == 0:  # names do not tell: taken in turns
        vectors = sorted(scales + shifts, key=lambda tensor: tensor.index)
        scales, shifts = vectors[0::2], vectors[1::2]
    means, variances = by_role["mean"], by_role["variance"]
    if len(weights) > 8:  # more than a block has, and too many ways to pair them
        return
    vectors = by_role["scale"] + by_role["shift"]
    if not means and not variances and len(vectors) <= len(weights):  # then they are no norms but biases, most likely
        for owners in _pairings(vectors, weights, _may_be_bias):
            yield _weighted(weights, owners, vectors)
    if len(means) < len(scales) or len(variances) < len(scales):  # of more, some are something else
        means = variances = []
    if len(scales) > 3 or len(shifts) > 6:  # the same
        return
    for norms in _pairings(scales, shifts, _equally_long):
        others = [shift for shift in shifts if shift not in norms]
        for owners in _pairings(others, weights, _may_be_bias):
            convs = _weighted(weights, owners, others)
            for mean, variance in itertools.product(_statistics(scales, means), _statistics(scales, variances)):
                layers = []
                for position, scale in enumerate(scales):
                    tensors = {"scale": scale.index, "shift": norms[position].index}
                    if means:
                        tensors |= {"mean": mean[position].index, "variance": variance[position].index}
                    layers.append(_norm(scale, tensors))
                yield convs + layers


def _weighted(weights: list[Tensor], owners: list[Tensor], biases: list[Tensor]) -> list[Layer]:
    """Weights as layers, those of `owners` with the bias that stands at the same place."""
    bias = {owner.index: one.index for owner, one in zip(owners, biases, strict=True)}
    return [
        Layer("weighted", w.shape, {"weight": w.index} | ({"shift": bias[w.index]} if w.index in bias else {}))
        for w in weights
    ]


def _may_be_bias(bias: Tensor, weight: Tensor) -> bool:
    long = math.prod(bias.shape)
    return long == weight.shape[0] or len(weight.shape) == 2 and long == weight.shape[1]


def _statistics(scales: list[Tensor], statistics: list[Tensor]) -> Iterator[list[Tensor]]:
    """Every pairing of running statistics with scales; one empty one where there are none."""
    return _pairings(scales if statistics else [], statistics, _equally_long)


def _equally_long(one: Tensor, other: Tensor) -> bool:
    return math.prod(one.shape) == math.prod(other.shape)


def _pairings(these: list, those: list, fits: Callable) -> Iterator[list]:
    """Every way to give each of `these` one of `those` that fits and that no other has, the first ones first."""
    if not these:
        yield []
        return
    for index, one in enumerate(those):
        if fits(these[0], one):
            for rest in _pairings(these[1:], those[:index] + those[index + 1 :], fits):
                yield [one, *rest]


@dataclass(frozen=True)
class _Slot:
    """A layer of a candidate: its module, and the name of the module's tensors by role."""

    module: nn.Module
    prefix: str
    key: tuple
    names: dict[str, str]


def _slots(candidate: nn.Module, skip: set[int]) -> list[_Slot]:
    slots = []
    for prefix, module in candidate.named_modules():
        if id(module) in skip:
            continue
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            layer = Layer("weighted", tuple(module.weight.shape), {})
            slots.append(_Slot(module, prefix, layer.key, {"weight": "weight", "shift": "bias"}))
        elif isinstance(module, nn.BatchNorm2d):
            names = {"scale": "weight", "shift": "bias", "mean": "running_mean", "variance": "running_var"}
            layer = Layer("norm" + "+".join(sorted(names)), tuple(module.weight.shape), {})
            slots.append(_Slot(module, prefix, layer.key, names))
    return slots


def _assignments(layers: list[Layer], slots: list[_Slot]) -> Iterator[list[tuple[_Slot, Layer]]]:
    """Every one-to-one assignment of the answer's layers to the candidate's that agrees in kind and shape."""
    if sorted(layer.key for layer in layers) != sorted(slot.key for slot in slots):
        return
    keys = sorted({slot.key for slot in slots})
    choices = [itertools.permutations([layer for layer in layers if layer.key == key]) for key in keys]
    for choice in itertools.product(*choices):
        pools = {key: list(layers) for key, layers in zip(keys, choice, strict=True)}
        yield [(slot, pools[slot.key].pop(0)) for slot in slots]


def fits(candidate: nn.Module, measured: Measured, more: bool = False) -> bool:
    """Whether an answer's layers are a candidate's, as far as kinds and shapes tell: all there is where nothing ran.

    more: the answer may have further ones.
    """
    needed = Counter(slot.key for slot in _slots(candidate, set()))
    for layers in layers_of(measured.tensors):
        found = Counter(layer.key for layer in layers)
        if found >= needed if more else found == needed:
            return True
    return False


def agreement(build: Callable[[], nn.Module], measured: Measured, gradients: bool = True) -> Agreement:
    """The best agreement of the candidate that `build` builds with one measured case, over all assignments.

    The candidate's modules are float64. A candidate that raises where the answer gave an output disagrees. Without
    `gradients` only outputs are compared, and those of evaluation mode only where those of training mode agree (or
    where there are none).
    """
    best, tried = NOTHING, 0
    values = measured.values
    shapes = {tensor.index: tensor.shape for tensor in measured.tensors}
    rest, blocks = _apart(measured)
    if blocks is None:
        return NOTHING
    for layers in layers_of(rest):
        candidate = build().double()
        own_blocks = [module for module in candidate.modules() if isinstance(module, PlainBlock)]
        skip = {id(part) for block in own_blocks for part in block.modules()}
        if len(own_blocks) != len(blocks):
            return NOTHING
        if any(
            _shapes(own) != {name: shapes[index] for name, index in tensors.items()}
            for own, tensors in zip(own_blocks, blocks, strict=True)
        ):
            return NOTHING
        names = {id(module): name for name, module in candidate.named_modules()}
        needed = {name for name, _ in candidate.named_parameters()}
        for pairs in _assignments(layers, _slots(candidate, skip)):
            tried += 1
            if tried > MAX_ASSIGNMENTS:
                return best
            assignment = {
                f"{slot.prefix}.{slot.names[what]}": index
                for slot, layer in pairs
                for what, index in layer.tensors.items()
            }
            for own, tensors in zip(own_blocks, blocks, strict=True):
                assignment |= {f"{names[id(own)]}.{suffix}": index for suffix, index in tensors.items()}
            if not needed <= assignment.keys():
                continue
            for slot, layer in pairs:  # a bias that the last assignment brought along
                if slot.key[0] == "weighted" and "shift" not in layer.tensors:
                    slot.module.bias = None
            weights = {
                f"{slot.prefix}.weight": (shapes[layer.tensors["weight"]], tuple(slot.module.weight.shape))
                for slot, layer in pairs
                if "weight" in layer.tensors
            }
            for orders, eps in itertools.product(_orders(weights), _eps(layers, measured.eps)):
                filled = fill(candidate, assignment, values, eps, orders)
                found = replace(_compare(filled, assignment, measured, gradients, orders), orders=orders, eps=eps)
                best = max(best, found, key=lambda one: (one.train + one.eval + one.gradients, -one.deviation))
                if found.outputs and (found.gradients or not gradients):
                    break
            if best.outputs:
                return best
    return best


def _shapes(block: nn.Module) -> dict[str, tuple[int, ...]]:
    """The shapes of what a block is made of, by name, without the counters of its batch norms."""
    named = block.state_dict().items()
    return {name: tuple(tensor.shape) for name, tensor in named if not name.endswith("num_batches_tracked")}


def _apart(measured: Measured) -> tuple[list[Tensor], list[dict[str, int]] | None]:
    """An answer's tensors outside of its blocks, and those of each block that ran, in the order of the first run."""
    if not measured.sketch:
        return measured.tensors, []
    rest = []
    inside: dict[int, dict[str, int]] = {}
    for tensor in measured.tensors:
        owner = measured.owner(tensor)
        if owner is None:
            rest.append(tensor)
        else:
            inside.setdefault(measured.owners[owner], {})[tensor.name[len(owner) + 1 :]] = tensor.index
    order = list(dict.fromkeys(measured.calls))
    if any(block not in inside for block in order):
        return rest, None
    return rest, [
        {suffix: index for suffix, index in inside[block].items() if not suffix.endswith("num_batches_tracked")}
        for block in order
    ]


def fill(
    candidate: nn.Module,
    assignment: dict[str, int],
    values: dict[int, np.ndarray],
    eps: dict[int, float],
    orders: dict[str, str],
) -> nn.Module:
    """Copy seeded values into a candidate, one to one.

    A conv that the answer gave a bias gets one, too; and a batch norm the answer's `eps` (by the index of its tensors).
    Where the answer has no running statistics, nothing in evaluation mode agrees with it.
    """
    for prefix, module in candidate.named_modules():
        if isinstance(module, nn.BatchNorm2d) and f"{prefix}.running_mean" not in assignment:
            module.running_mean.fill_(math.nan)
    for name, index in assignment.items():
        prefix, _, leaf = name.rpartition(".")
        module = candidate.get_submodule(prefix)
        if isinstance(module, nn.BatchNorm2d):
            module.eps = eps.get(index, EPS)
        old = getattr(module, leaf)
        if old is None:
            setattr(module, leaf, nn.Parameter(torch.from_numpy(values[index].ravel()).double()))
        else:
            with torch.no_grad():
                old.copy_(torch.from_numpy(_laid_out(values[index], tuple(old.shape), orders.get(name))))
    return candidate


KERNEL, MATRIX = ("OIHW", "HWIO", "IOHW", "OHWI", "IHWO", "HWOI"), ("OI", "IO")
"""Orders in which weights are kept: PyTorch's first, then those of Keras and JAX, of im2col, and so on."""


def _orders(weights: dict[str, tuple]) -> Iterator[dict[str, str]]:
    """Every order in which an answer can keep its kernels, and its matrices and 1×1 kernels, going by their shapes.

    weights: by name, the shape of the answer's and that of the candidate's.
    """
    choices = []
    for large, known in ((True, KERNEL), (False, MATRIX)):
        these = {name: both for name, both in weights.items() if (_kernel_size(both[1]) > 1) == large}
        fitting = [
            order for order in known if all(_merges(own, _sorted(shape, order)) for own, shape in these.values())
        ]
        if not these or not fitting:
            fitting = [known[0]]
        choices.append([dict.fromkeys(these, order) for order in fitting])
    for one, other in itertools.product(*choices):
        yield one | other


def _kernel_size(shape: tuple[int, ...]) -> int:
    return shape[-1] if len(shape) == 4 else 1


def _sorted(shape: tuple[int, ...], order: str) -> list[int]:
    """The sizes of a PyTorch weight in another order."""
    return [shape["OIHW".index(axis)] for axis in order]


def _merges(own: tuple[int, ...], sizes: list[int]) -> bool:
    """Whether `own` is `sizes` with some neighbours made one axis."""
    rest = [size for size in sizes if size != 1]
    for size in own:
        while size > 1 and rest and size % rest[0] == 0:
            size //= rest.pop(0)
        if size != 1:
            return False
    return not rest


def _eps(layers: list[Layer], known: dict[int, float]) -> Iterator[dict[int, float]]:
    """What is known of the norms' epsilons; then, for norms written by hand, that of Keras."""
    yield known
    unknown = [layer for layer in layers if layer.kind.startswith("norm") and not known.keys() & layer.tensors.values()]
    if unknown:
        yield known | {index: 1e-3 for layer in unknown for index in layer.tensors.values()}


def _laid_out(values: np.ndarray, shape: tuple[int, ...], order: str | None) -> np.ndarray:
    """One layer's values, kept in `order` or as they are, in PyTorch's layout."""
    if order is None:
        return values.reshape(shape)
    axes = "OIHW"[: len(order)]
    return values.reshape(_sorted(shape, order)).transpose([order.index(axis) for axis in axes]).reshape(shape)


def _put_back(values: np.ndarray, shape: tuple[int, ...], order: str | None) -> np.ndarray:
    """The other way round: values in PyTorch's layout as the answer keeps them."""
    if order is None:
        return values.reshape(shape)
    axes = "OIHW"[: len(order)]
    return values.reshape(values.shape[: len(order)]).transpose([axes.index(axis) for axis in order]).reshape(shape)


def _compare(
    candidate: nn.Module, assignment: dict[str, int], measured: Measured, gradients: bool, orders: dict[str, str]
) -> Agreement:
    """Run a filled candidate as the answer was run, and compare."""
    statistics = {name: buffer.clone() for name, buffer in candidate.named_buffers()}

    def deviation(mode: str) -> float:
        seen = measured.arrays.get(f"{mode}/output")
        if seen is None:
            return float("inf")
        try:
            with torch.no_grad():
                output = candidate.train(mode == "train")(torch.from_numpy(measured.pictures(mode)).double())
                for name, buffer in candidate.named_buffers():
                    buffer.copy_(statistics[name])
        except (RuntimeError, ValueError):
            return float("inf")
        if not output.any():
            # under this seed every ReLU is closed here, so this run tells nothing, and the other ones decide
            return 0.0 if seen.shape == tuple(output.shape) and not seen.any() else float("inf")
        return distance(seen, output.numpy())

    training, evaluation, gradient = deviation("train"), float("inf"), float("inf")
    if gradients or training <= OUTPUT_TOLERANCE or "train/output" not in measured.arrays:
        evaluation = deviation("eval")
    if gradients and training <= OUTPUT_TOLERANCE and "train/input_gradient" in measured.arrays:
        gradient = _gradient_deviation(candidate, assignment, measured, orders)
    return Agreement(
        training <= OUTPUT_TOLERANCE,
        evaluation <= OUTPUT_TOLERANCE,
        gradient <= GRADIENT_TOLERANCE,
        assignment,
        deviation=training,
        eval_deviation=evaluation,
        gradient_deviation=gradient,
    )


def _gradient_deviation(
    candidate: nn.Module, assignment: dict[str, int], measured: Measured, orders: dict[str, str]
) -> float:
    """The norm of what gradients differ by, as a fraction of the norm of the candidate's.

    The larger of two: of the gradient that reaches the input, and of those of all parameters taken together. Infinite
    where a gradient is missing or not finite.
    """
    leaf = torch.from_numpy(measured.pictures("train")).double().requires_grad_()
    candidate.zero_grad()  # the same one is tried with several assignments
    output = candidate.train()(leaf * 1.0)
    cotangent = torch.from_numpy(measured.draws.at("cotangent").normal(*output.shape)).double()
    (output * cotangent).sum().backward()
    tensors = {tensor.index: tensor for tensor in measured.tensors}
    wholes = {tensor.index: tensor.shape for tensor in measured.reported}
    gradients: dict[int, np.ndarray] = {}
    for name, parameter in candidate.named_parameters():
        if parameter.grad is None:
            continue
        tensor = tensors[assignment[name]]
        own = _put_back(parameter.grad.numpy(), tensor.shape, orders.get(name))
        if not tensor.pieces:
            gradients[tensor.index] = own
        for piece in tensor.pieces:
            length = piece.stop - piece.start
            whole = gradients.setdefault(piece.index, np.zeros(wholes[piece.index]))
            whole.reshape(-1)[piece.places(whole)], own = own.ravel()[:length], own.ravel()[length:]
    expected, seen = [], []
    for index, own in gradients.items():
        own = sketched(own, measured.draws, index) if measured.sketch else own
        theirs = measured.arrays.get(f"gradient/{index}")
        if theirs is None or theirs.shape != own.shape or not np.isfinite(theirs).all():
            return float("inf")
        expected.append(own.ravel())
        seen.append(theirs.ravel())
    reached = measured.arrays["train/input_gradient"].ravel()
    if reached.shape != (leaf.numel(),) or not np.isfinite(reached).all():
        return float("inf")
    pairs = (leaf.grad.numpy().ravel(), reached), (np.concatenate(expected), np.concatenate(seen))
    return max(float(np.linalg.norm(a - b) / size) if (size := np.linalg.norm(a)) else float("inf") for a, b in pairs)


def distance(seen: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference, as a fraction of the expected array's root mean square; infinite where nothing can fit.

    Two arrays that are constant, empty or not finite never agree: no measurement here gives such an output.
    """
    if seen.shape != expected.shape or not seen.size or not np.isfinite(seen).all() or not np.isfinite(expected).all():
        return float("inf")
    size = float(np.sqrt(np.mean(np.square(expected, dtype=np.float64))))
    if size < 1e-6 or np.ptp(expected) < 1e-6:
        return float("inf")
    return float(np.abs(seen.astype(np.float64) - expected).max() / size)
