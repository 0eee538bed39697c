"""What a network costs, measured: operations, memory and time. Nothing here is estimated from the layers.

Operations are counted while a network runs (`torch.utils.flop_counter`), memory is what a forward pass keeps for the
backward pass, and time is the median of several rounds in which the networks take turns, so that a machine that is busy
for a moment slows all of them.
"""

import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from course_utils.models import count_parameters
from course_utils.plots.tables import SummaryTable
from course_utils.probes import in_mode


@dataclass(frozen=True)
class Cost:
    """Of one network. multiply_adds: for one picture, forward; kept: bytes a picture that wait for the backward pass.

    peak: the most bytes that one training step held on the GPU, None elsewhere. forward and step: milliseconds for the
    whole batch, forward alone in evaluation mode, and forward, backward and update in training mode; each the median
    with the quartiles (lower, median, upper). batch: how many pictures.
    """

    parameters: int
    multiply_adds: int
    kept: int
    peak: int | None
    forward: tuple[float, float, float]
    step: tuple[float, float, float]
    batch: int


def count_multiply_adds(model: nn.Module, images: torch.Tensor) -> int:
    """Multiplications with their additions, of convolutions and linear layers, for one of `images`, (N, 3, H, W).

    PyTorch's counter counts a multiplication and an addition as two; here they are one, as papers have it.
    """
    with FlopCounterMode(display=False) as counter, torch.no_grad(), in_mode(model, training=False):
        model(images)
    return counter.get_total_flops() // 2 // len(images)


def bytes_kept(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> int:
    """Bytes, for one of `images`, of all that a forward pass in training keeps until the backward pass needs it.

    The memory of each tensor is counted once; parameters and buffers, which are there anyhow, are not.
    """
    there = {tensor.untyped_storage().data_ptr() for tensor in (*model.parameters(), *model.buffers(), images, labels)}
    storages: dict[int, torch.UntypedStorage] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in there:
            storages[storage.data_ptr()] = storage  # held, so that no later tensor gets the same address
        return tensor

    with in_mode(model, training=True), torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = F.cross_entropy(model(images), labels)
    total = sum(storage.nbytes() for storage in storages.values())
    del loss
    return total // len(images)


def measure_costs(
    models: Mapping[str, nn.Module], images: torch.Tensor, labels: torch.Tensor, rounds: int = 7
) -> dict[str, Cost]:
    """The `Cost` of each of `models`, as they are; they are left as they were, parameters and running statistics too.

    images: (N, 3, H, W); labels: (N,); both on the models' device. Each round measures every model once. Without a GPU
    the work is done by one thread, so that times do not depend on how many cores are idle.
    Raises ValueError for fewer than 3 rounds.
    """
    if rounds < 3:
        raise ValueError(f"rounds is {rounds}; expected at least 3, for a median and its quartiles")
    before = {name: {key: t.clone() for key, t in model.state_dict().items()} for name, model in models.items()}
    times: dict[str, dict[str, list[float]]] = {name: {"forward": [], "step": []} for name in models}
    peaks: dict[str, int | None] = dict.fromkeys(models)
    kept: dict[str, int] = {}
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        for name, model in models.items():
            kept[name] = bytes_kept(model, images[:8], labels[:8])
        for round_ in range(rounds + 1):
            for name, model in models.items():
                forward, step = _forward_time(model, images), _step_time(model, images, labels)
                if round_:  # the first round warms up
                    times[name]["forward"].append(forward)
                    times[name]["step"].append(step)
                if images.device.type == "cuda":
                    peaks[name] = _peak(model, images, labels)
    finally:
        torch.set_num_threads(threads)
        for name, model in models.items():
            model.load_state_dict(before[name])
            model.zero_grad(set_to_none=True)
    return {
        name: Cost(
            count_parameters(model),
            count_multiply_adds(model, images[:2]),
            kept[name],
            peaks[name],
            _quartiles(times[name]["forward"]),
            _quartiles(times[name]["step"]),
            len(images),
        )
        for name, model in models.items()
    }


def cost_table(costs: Mapping[str, Cost]) -> SummaryTable:
    """One row a network, as `measure_costs` gives them: parameters, operations, memory, and time."""
    with_peak = any(cost.peak is not None for cost in costs.values())
    header = ("network", "parameters", "multiply-adds a picture", "kept a picture", "forward", "training step")
    rows = []
    for name, cost in costs.items():
        row = [
            str(name),
            f"{cost.parameters:,}",
            f"{cost.multiply_adds / 1e6:,.2f} million",
            f"{cost.kept / 1024:,.0f} KiB",
            _time_in_words(cost.forward),
            _time_in_words(cost.step),
        ]
        rows.append(tuple(row + ([f"{(cost.peak or 0) / 2**20:,.0f} MiB"] if with_peak else [])))
    batch = next(iter(costs.values())).batch
    where = "on the GPU" if with_peak else "one thread"
    note = (
        f"Times: {batch} pictures, {where}, median of the rounds (quartiles). Kept: what waits for the backward pass."
    )
    return SummaryTable(header + (("peak on the GPU",) if with_peak else ()), tuple(rows), note)


def _time_in_words(times: tuple[float, float, float]) -> str:
    low, middle, high = times
    digits = 0 if middle >= 100 else 1
    return f"{middle:.{digits}f} ms ({low:.{digits}f}–{high:.{digits}f})"


def _quartiles(values: list[float]) -> tuple[float, float, float]:
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def _forward_time(model: nn.Module, images: torch.Tensor) -> float:
    with in_mode(model, training=False), torch.no_grad():
        return _milliseconds(lambda: model(images), images.device)


def _step_time(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(model(images), labels).backward()
        optimizer.step()

    with in_mode(model, training=True):
        return _milliseconds(step, images.device)


def _peak(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> int:
    """The most bytes that a training step holds: what it adds to what lay there, and the model and its pictures."""
    model.zero_grad(set_to_none=True)
    there = torch.cuda.memory_allocated(images.device)
    torch.cuda.reset_peak_memory_stats(images.device)
    _step_time(model, images, labels)
    own = {
        t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in (*model.parameters(), *model.buffers())
    }
    added = torch.cuda.max_memory_allocated(images.device) - there
    model.zero_grad(set_to_none=True)  # so that the next model's steps do not count these gradients
    return added + sum(own.values()) + images.nbytes + labels.nbytes


def _milliseconds(work, device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    start = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return 1000 * (time.perf_counter() - start)
