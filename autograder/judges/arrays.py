"""What judges of answers that are tensors share: does an array agree with the right one, and how would one say that."""

import numpy as np

from course_utils.measurements.tensors import MOST_NUMBERS

TOLERANCE = 1e-3
"""Largest norm of the difference over the norm of the right answer; see docs/numerics.md."""


def answers_of(arrays: dict, names: list[str]) -> dict[str, np.ndarray | None]:
    """The measured array of each name, None where there is none. Raises ValueError for what no measurement gives."""
    if not set(arrays) <= set(names):
        raise ValueError("arrays of unknown cases")
    for array in arrays.values():
        if array.dtype != np.float64 or array.size > MOST_NUMBERS or array.ndim > 10:
            raise ValueError(f"an answer of type {array.dtype} and shape {array.shape}")
    return {name: arrays.get(name) for name in names}


def agrees(seen: np.ndarray | None, expected: np.ndarray, tolerance: float = TOLERANCE) -> bool:
    """Whether two arrays have one shape and are equal but for rounding. What is not finite agrees with nothing."""
    if seen is None or seen.shape != expected.shape or not np.isfinite(seen).all():
        return False
    with np.errstate(over="ignore"):
        off = np.linalg.norm((seen - expected).ravel())
    return bool(off <= tolerance * max(np.linalg.norm(expected.ravel()), 1e-12))


def same_but_for_ones(seen: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray | None:
    """`seen` in `shape`, where the two differ only in dimensions of size 1; else as it is."""
    if seen is not None and [size for size in seen.shape if size != 1] == [size for size in shape if size != 1]:
        return seen.reshape(shape)
    return seen
