"""What a student's function returned as one array of numbers, in whatever form it came: used where answers are tensors."""

from collections.abc import Callable

import numpy as np
import torch

from course_utils.measurements.calling import error_of, kind_of

MOST_NUMBERS = 20_000
"""Of one answer: far more than any right one has, and little enough for a hundred of them to be evidence."""


def as_array(value: object) -> np.ndarray:
    """Numbers as float64: a tensor on any device, with or without its graph, a numpy array, or lists of them.

    Raises TypeError, in words, for anything else, and ValueError for too many numbers.
    """
    if isinstance(value, torch.Tensor):
        if value.numel() > MOST_NUMBERS:
            raise ValueError(f"the function returned {value.numel():,} numbers; at most {MOST_NUMBERS:,} are measured")
        if value.is_complex() or value.dtype == torch.bool:
            raise TypeError(f"the function returned a tensor of {value.dtype}; expected ordinary numbers")
        return np.array(value.detach().to_dense().cpu().to(torch.float64).numpy())
    if isinstance(value, list | tuple):
        if len(value) > 1000:
            raise ValueError(f"the function returned {len(value):,} things; at most 1,000 are measured")
        return np.array(np.stack([as_array(entry) for entry in value])) if len(value) else np.zeros(0)
    if isinstance(value, bool) or not isinstance(value, int | float | np.ndarray | np.number):
        raise TypeError(f"the function returned {kind_of(value)}; expected a tensor")
    array = np.asarray(value)
    if array.size > MOST_NUMBERS:
        raise ValueError(f"the function returned {array.size:,} numbers; at most {MOST_NUMBERS:,} are measured")
    return array.astype(np.float64)


def measure_call(where: str, call: Callable[[], object], arrays: dict, errors: dict) -> None:
    """Call a student's function; its answer becomes `arrays[where]`, or what it raised `errors[where]`."""
    try:
        array = as_array(call())
        if array.size > MOST_NUMBERS:
            raise ValueError(f"the function returned {array.size:,} numbers; at most {MOST_NUMBERS:,} are measured")
        arrays[where] = array
    except (Exception, SystemExit) as error:
        errors[where] = error_of(error, where)
