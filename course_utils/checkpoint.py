"""Where a training stands after an epoch, in one file, so that one that is cut off goes on as if nothing had happened.

A checkpoint holds everything that the next epoch depends on: the network, what the optimiser remembers, and the states
of the random generators. It is written beside and renamed, so a file that is there is whole, whenever the power fails.
"""

import json
import os
from pathlib import Path

import safetensors
import torch
from safetensors.torch import save_file
from torch import nn


class CheckpointError(Exception):
    """A checkpoint that cannot be continued; the message says why, and what to do."""


def save_checkpoint(
    path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, order: torch.Generator, past: dict, of: dict
) -> None:
    """Write the state after an epoch to `path` (.safetensors), replacing the one before.

    order: the generator of the batches. past: what happened so far, and of: which run this is; both JSON types.
    """
    tensors = {f"model/{key}": value for key, value in model.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer/{index}/{key}": value for key, value in state.items() if value is not None}
    tensors |= {"random/order": order.get_state(), "random/cpu": torch.get_rng_state()}
    device = next(model.parameters()).device
    if device.type == "cuda":
        tensors["random/cuda"] = torch.cuda.get_rng_state(device)
    write_tensors(path, tensors, {"past": json.dumps(past), "of": json.dumps(of)})


def load_checkpoint(
    path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, order: torch.Generator, of: dict
) -> dict:
    """Bring `model`, `optimizer`, `order` and torch's random state to where `path` says, and return its `past`.

    Raises CheckpointError for a file that cannot be read, or that belongs to another run than `of`.
    """
    try:
        with safetensors.safe_open(path, "pt") as file:
            past, belongs_to = (json.loads(file.metadata()[key]) for key in ("past", "of"))
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (safetensors.SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} is not a checkpoint ({error}); remove it to start afresh") from error
    if different := [key for key in of if belongs_to.get(key) != of[key]]:
        raise CheckpointError(
            f"{path} belongs to another training: {' and '.join(different)} differ. Remove it to start afresh, or go on "
            f"with the network, data and recipe that it was written for"
        )
    model.load_state_dict(_under(tensors, "model/"))
    state: dict[int, dict] = {}
    for key, value in _under(tensors, "optimizer/").items():
        index, field = key.split("/")
        state.setdefault(int(index), {})[field] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    order.set_state(tensors["random/order"])
    torch.set_rng_state(tensors["random/cpu"])
    device = next(model.parameters()).device
    if "random/cuda" in tensors and device.type == "cuda":
        torch.cuda.set_rng_state(tensors["random/cuda"], device)
    return past


def write_tensors(path: Path, tensors: dict[str, torch.Tensor], metadata: dict[str, str] | None = None) -> None:
    """Write a safetensors file whole or not at all: beside, on to the disk, then renamed."""
    # Clones, because safetensors refuses tensors that share their memory, as tied weights do.
    copies = {key: value.detach().cpu().contiguous().clone() for key, value in tensors.items()}
    _replace(path, lambda beside: save_file(copies, beside, metadata))


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    _replace(path, lambda beside: beside.write_text(text, encoding="utf-8"))


def _replace(path: Path, write) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    write(beside)
    with open(beside, "rb+") as file:
        os.fsync(file.fileno())
    os.replace(beside, path)


def _under(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
