"""What makes a comparison believable: fingerprints of all that must be equal, and a test of the gap over seeds.

A fingerprint is the start of a SHA-256 over the thing itself (the recipe's fields, the order in which pictures were
drawn, the values a network started from), so equal fingerprints mean equal things, and nobody has to trust a promise.
The gap is tested seed by seed: two networks with one seed share batches and starting values, so their difference
varies less than either of them.
"""

import hashlib
import json
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import torch
from torch import nn

DIGITS = 16  # hex digits kept of a SHA-256: 64 bits


@dataclass(frozen=True)
class Fingerprints:
    """One training run: 16 hex digits each, of what it was given and of what it did.

    recipe: all its fields, the seed included. data: pictures and labels of both splits. batches: every epoch's order of
    the pictures (and what augmentation drew), noted while training. start: all initial parameters and buffers.
    shared: those of them that every network of the comparison has, by name and shape; `shared_tensors`: how many.
    """

    recipe: str
    data: str
    batches: str
    start: str
    shared: str
    shared_tensors: int


@dataclass(frozen=True)
class Gap:
    """How much more accurate `second` is than `first`, in percentage points, seed by seed.

    spread: standard deviation of the differences (of the sample, n - 1). low, high: where the mean lies with 95 %
    confidence; p_value: of Student's paired t-test (1908), two-sided. With one seed, the last four are None.
    """

    first: str
    second: str
    differences: tuple[float, ...]
    mean: float
    spread: float | None
    low: float | None
    high: float | None
    p_value: float | None

    def __str__(self) -> str:
        start = f"{self.second} - {self.first}: {self.mean:+.1f}"
        if self.spread is None:
            return f"{start} points, one seed: no spread, no test"
        return (
            f"{start} ± {self.spread:.1f} points over {len(self.differences)} seeds "
            f"(95 % interval {self.low:+.1f} to {self.high:+.1f}; paired t-test, p = {self.p_value:.2g})"
        )


def paired_gap(first: str, second: str, of_first: Sequence[float], of_second: Sequence[float]) -> Gap:
    """The gap between two networks from their accuracies in percent, one a seed, in the same order of seeds.

    Raises ValueError for no seeds at all, or not the same number of them.
    """
    if not of_first or len(of_first) != len(of_second):
        raise ValueError(f"found {len(of_first)} and {len(of_second)} accuracies; expected one a seed for each network")
    differences = tuple(after - before for before, after in zip(of_first, of_second, strict=True))
    mean, n = statistics.fmean(differences), len(differences)
    if n == 1:
        return Gap(first, second, differences, mean, None, None, None, None)
    from scipy.special import stdtr, stdtrit  # comes with scikit-learn; here, so that lessons need not wait for it

    spread = statistics.stdev(differences)
    error = spread / math.sqrt(n)
    half = float(stdtrit(n - 1, 0.975)) * error
    if error:
        p_value = 2 * float(stdtr(n - 1, -abs(mean) / error))
    else:  # every seed gives the same gap
        p_value = 0.0 if mean else 1.0
    return Gap(first, second, differences, mean, spread, mean - half, mean + half, p_value)


def unequal(fingerprints: dict[str, tuple[Fingerprints, ...]], seeds: Sequence[int]) -> list[str]:
    """What differs between the networks and should not, in words; an empty list is a fair comparison."""
    found = []
    for seed, runs in zip(seeds, zip(*fingerprints.values(), strict=True), strict=True):
        for field, what in (
            ("recipe", "the recipe"),
            ("data", "the data"),
            ("batches", "the batches or their order"),
            ("shared", "initial values of tensors that all networks have"),
        ):
            if len({getattr(run, field) for run in runs}) > 1:
                found.append(f"{what} (seed {seed})")
    return found


def of_recipe(recipe) -> str:
    """The fingerprint of a `Recipe`."""
    return _short(json.dumps(asdict(recipe), sort_keys=True).encode())


def of_data(data) -> str:
    """The fingerprint of a `Data`: the pictures, labels and classes of both splits, wherever they lie."""
    tensors = (("train", data.train.pixels), ("train labels", data.train.labels))
    tensors += (("test", data.test.pixels), ("test labels", data.test.labels))
    return of_tensors([*tensors, ("scale", torch.tensor([*data.mean, *data.std], dtype=torch.float64, device="cpu"))])


def of_tensors(named: Iterable[tuple[str, torch.Tensor]]) -> str:
    """The fingerprint of tensors: names, types, shapes and exact values, in any order of the names."""
    digest = hashlib.sha256()
    for name, tensor in sorted(named, key=lambda pair: pair[0]):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(_bytes(tensor))
    return digest.hexdigest()[:DIGITS]


def chained(before: str, tensor: torch.Tensor) -> str:
    """The fingerprint of everything that led to `before`, and then of `tensor`; begins with an empty string."""
    return _short(before.encode() + _bytes(tensor))


def shared_tensors(models: Iterable[nn.Module]) -> set[tuple[str, tuple[int, ...]]]:
    """Name and shape of the parameters and buffers that all of `models` have."""
    return set.intersection(*({(key, tuple(t.shape)) for key, t in m.state_dict().items()} for m in models))


def _bytes(tensor: torch.Tensor) -> memoryview:
    return memoryview(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:DIGITS]
