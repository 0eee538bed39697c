"""Where the course computes: the one place that chooses a device, and that knows what each of them lacks.

A CUDA GPU is taken where there is one, else the processor. `COURSE_DEVICE` chooses otherwise. Apple's GPU ("mps") is only
taken where `COURSE_DEVICE` asks for it: the course has never been run on one.
"""

import os

import torch

KINDS = ("cuda", "mps", "cpu")


def choose_device() -> torch.device:
    """What `COURSE_DEVICE` names ("cuda", "cuda:1", "mps", "cpu"), else the GPU where there is one, else the processor.

    Raises ValueError, in words, for a device that is not there.
    """
    asked = os.environ.get("COURSE_DEVICE", "").strip()
    if not asked:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if not is_there(asked):
        raise ValueError(
            f"COURSE_DEVICE is {asked!r}, and there is no such device here; expected cpu, or leave it unset"
        )
    return torch.device(asked)


def is_there(name: str) -> bool:
    """Whether this machine has the device that `name` means, such as "cuda:1"."""
    try:
        device = torch.device(name)
    except RuntimeError:
        return False
    if device.type == "cuda":
        return torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count()
    return device.type == "cpu" or device.type == "mps" and torch.backends.mps.is_available()


def name_of(device: torch.device) -> str:
    """What a device is called by those who sell it; the processor is just "CPU"."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type.upper()


def in_double(tensor: torch.Tensor) -> torch.Tensor:
    """The numbers as float64, on the device where that exists, else on the processor."""
    return (tensor.cpu() if tensor.device.type == "mps" else tensor).double()
