"""Answers that keep their values in other pieces than layers do: all in one vector, the scales of all norms as the rows
of one matrix, every filter for itself, a norm's scale and shift together, a bias as one more column of its weight.

What such an answer reports is cut, and joined, into the tensors of the reference, in ways that come out even: a tensor
of the reference lies within one of the answer's, or is made of several whole ones that follow each other. The likeliest
ways come first, and not many are tried. Values are copied one to one, here too.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from torch import nn

from autograder.matching import NOTHING, Agreement, Measured, Piece, Tensor, agreement
from course_utils.models import PlainBlock
from course_utils.seeding import role

MOST_WAYS = 2
"""How many ways are tried for each order in which people write things down."""
MOST_CUTS = 200
MOST_STEPS = 20_000
ORDERS = 12


@dataclass(frozen=True)
class Wanted:
    """A tensor of the reference. The bias of a conv is optional."""

    layer: str
    leaf: str
    shape: tuple[int, ...]
    optional: bool = False

    @property
    def size(self) -> int:
        return math.prod(self.shape)


Cut = dict[Wanted, tuple[Piece, ...]]


def agreements(references: dict[str, Callable[[], nn.Module]], measured: dict[str, Measured]) -> dict[str, Agreement]:
    """The `agreement` of every case with what builds its reference, also where the answer's tensors are no layers.

    Where they had to be cut, the agreement has the case `measured` as it was seen to agree. What helped in one case is
    tried first in the next; where nothing did, nothing is looked for in the others.
    """
    found, habits = {}, [(by_columns, order) for by_columns in (False, True) for order in range(ORDERS)]
    for name, build in references.items():
        found[name] = agreement(build, measured[name])
        if found[name].assignment is None and "train/output" in measured[name].arrays:
            found[name], helped = _recut_agreement(build, measured[name], habits)
            habits = [helped] + [habit for habit in habits if habit != helped] if helped else []
    return found


def _recut_agreement(
    build: Callable[[], nn.Module], measured: Measured, habits: list[tuple[bool, int]]
) -> tuple[Agreement, tuple[bool, int] | None]:
    """The agreement of the first way to cut that agrees in training mode, and the habit that it is a way of."""
    matrices = any(len(tensor.shape) == 2 for tensor in measured.reported)
    seen: set = set()
    for by_columns, order in habits:
        for variants in _ways(build(), measured, by_columns, order, seen) if matrices or not by_columns else ():
            best = NOTHING
            for variant in variants:
                if not best.train and not agreement(build, variant, gradients=False).train:
                    break  # variants differ in running statistics, which training does not use
                found = replace(agreement(build, variant), measured=variant)
                best = max(best, found, key=lambda one: (one.train, one.eval, one.gradients))
                if best.outputs:
                    break
            if best.train:
                return best, (by_columns, order)
    return NOTHING, None


def _ways(
    reference: nn.Module, measured: Measured, by_columns: bool, order: int, seen: set
) -> Iterator[Iterator[Measured]]:
    """Ways to see an answer's parameters as the reference's, in variants that pair other statistics with its norms.

    by_columns: matrices are read column by column. order: which of `_orders` is followed. What is in `seen` is left out.
    """
    parameters, statistics, rest = [], {"mean": [], "variance": []}, []
    for tensor in measured.reported:
        what = role(tensor.name, tensor.shape)
        if measured.owner(tensor) is not None:
            rest.append(tensor)
        elif tensor.kind == "buffer" and what in statistics:
            statistics[what].append(tensor)
        elif tensor.kind == "parameter" and tensor.used and math.prod(tensor.shape):
            parameters.append(tensor)
    matrices = {tensor.index for tensor in parameters if by_columns and len(tensor.shape) == 2}
    wanted = list(_orders(_layers(reference)))[order]
    most = len(seen) + MOST_WAYS
    for cut in itertools.islice(_cuts(parameters, wanted), MOST_CUTS):
        # layers of one shape can be exchanged, which `agreement` sees to
        layers = {one.layer for one in cut}
        way = by_columns, frozenset(frozenset((w.leaf, cut[w]) for w in cut if w.layer == layer) for layer in layers)
        if way not in seen and len(seen) < most:
            seen.add(way)
            turned = {w: tuple(replace(piece, by_columns=piece.index in matrices) for piece in cut[w]) for w in cut}
            yield _variants(measured, turned, statistics, rest)


def _layers(reference: nn.Module) -> list[list[Wanted]]:
    """What the reference's layers are made of, those of the blocks that are given to a network left out."""
    skip = {id(part) for block in reference.modules() if isinstance(block, PlainBlock) for part in block.modules()}
    layers = []
    for name, module in reference.named_modules():
        if id(module) not in skip and isinstance(module, (nn.Conv2d, nn.Linear, nn.BatchNorm2d)):
            layer = [Wanted(name, leaf, tuple(p.shape)) for leaf, p in module.named_parameters()]
            if isinstance(module, nn.Conv2d):
                layer.append(Wanted(name, "bias", (module.out_channels,), optional=True))
            layers.append(layer)
    return layers


def _orders(layers: list[list[Wanted]]) -> Iterator[list[Wanted]]:
    """Orders in which people write down what layers are made of: layer by layer, or kind by kind, or norms last."""
    for shortcut_first, shift_first in itertools.product((False, True), repeat=2):
        these = layers[-2:] + layers[:-2] if shortcut_first else layers
        these = [layer[::-1] if shift_first and len(layer[0].shape) == 1 else layer for layer in these]
        weighted = [layer for layer in these if len(layer[0].shape) > 1]
        norms = [layer for layer in these if len(layer[0].shape) == 1]
        yield list(itertools.chain(*these))
        yield [one for kind in (weighted, norms) for column in zip(*kind, strict=True) for one in column]
        yield list(itertools.chain(*weighted, *norms))


def _cuts(own: list[Tensor], wanted: list[Wanted]) -> Iterator[Cut]:
    """All ways to fill up `own` with what is wanted, those in its order first."""
    more = sum(math.prod(tensor.shape) for tensor in own) - sum(one.size for one in wanted if not one.optional)
    if more == 0:
        wanted = [one for one in wanted if not one.optional]
    if not 0 <= more <= sum(one.size for one in wanted if one.optional):
        return
    steps = itertools.count()
    vector = max(one.size for one in wanted if len(one.shape) == 1)
    hints = [_hint(tensor) if math.prod(tensor.shape) <= 3 * vector else None for tensor in own]

    def go_on(position: int, offset: int, left: list[Wanted], done: Cut) -> Iterator[Cut]:
        if position == len(own):
            if all(one.optional for one in left):
                yield done
            return
        hint = hints[position]
        for one in sorted(left, key=lambda one: (one.leaf != hint, one.optional)) if hint else left:
            if next(steps) > MOST_STEPS:
                return
            found = _pieces(own, position, offset, one)
            if found:
                pieces, *there = found
                yield from go_on(*there, [other for other in left if other != one], done | {one: pieces})

    yield from go_on(0, 0, wanted, {})


def _hint(tensor: Tensor) -> str | None:
    """Which half of a norm the name of a tensor speaks of, if any."""
    leaf = tensor.name.rpartition(".")[2].lower()
    words = {"weight": ("weight", "gamma", "scale"), "bias": ("bias", "beta", "shift")}
    found = [half for half, names in words.items() if any(name in leaf for name in names)]
    return found[0] if len(found) == 1 else None


def _pieces(own: list[Tensor], position: int, offset: int, wanted: Wanted) -> tuple[tuple[Piece, ...], int, int] | None:
    """The pieces that `wanted` is made of when it begins at this place, and the place behind them; None if that is uneven."""
    size, end = math.prod(own[position].shape), offset + wanted.size
    if end <= size:
        there = (position, end) if end < size else (position + 1, 0)
        return (Piece(own[position].index, offset, end),), *there
    if offset or len(wanted.shape) == 1:
        return None
    pieces, missing = [], wanted.size
    while missing > 0 and position < len(own):
        size = math.prod(own[position].shape)
        pieces.append(Piece(own[position].index, 0, size))
        missing -= size
        position += 1
    return (tuple(pieces), position, 0) if missing == 0 else None


def _variants(
    measured: Measured, cut: Cut, statistics: dict[str, list[Tensor]], rest: list[Tensor]
) -> Iterator[Measured]:
    """The case with the cut's tensors for the answer's, once for each way to give its norms the running statistics."""
    count = itertools.count(len(measured.reported))
    shapes = {tensor.index: tensor.shape for tensor in measured.reported}

    def tensor(wanted: Wanted, kind: str, pieces: tuple[Piece, ...]) -> Tensor:
        shape, whole = wanted.shape, shapes[pieces[0].index]
        if len(shape) > 1 and len(whole) == 2:  # then its rows tell in which order a weight is kept
            row = whole[0] if pieces[0].by_columns else whole[1]
            shape = (wanted.size // row, row) if wanted.size % row == 0 else shape
        return Tensor(next(count), f"(recut).{wanted.layer}.{wanted.leaf}", kind, shape, True, pieces)

    parameters = [tensor(wanted, "parameter", pieces) for wanted, pieces in cut.items()]
    norms = [wanted for wanted in cut if wanted.leaf == "weight" and len(wanted.shape) == 1]
    chunks = {what: _chunks(tensors, norms[0].size) for what, tensors in statistics.items()}
    known = all(len(pieces) == len(norms) for pieces in chunks.values())
    for order in itertools.permutations(range(len(norms))) if known else [None]:
        buffers = []
        for norm, place in zip(norms, order or (), strict=order is not None):
            for what, leaf in (("mean", "running_mean"), ("variance", "running_var")):
                buffers.append(tensor(replace(norm, leaf=leaf), "buffer", (chunks[what][place],)))
        tensors = [*parameters, *buffers]
        eps = {t.index: measured.eps[t.pieces[0].index] for t in tensors if t.pieces[0].index in measured.eps}
        yield replace(measured, recut=[*tensors, *rest], eps=measured.eps | eps)


def _chunks(tensors: list[Tensor], length: int) -> list[Piece]:
    """All of `tensors`, in pieces of one length; nothing where that is uneven."""
    sizes = [(tensor.index, math.prod(tensor.shape)) for tensor in tensors]
    if any(size % length for _, size in sizes):
        return []
    return [Piece(index, start, start + length) for index, size in sizes for start in range(0, size, length)]
