"""Every number that a measurement starts from, drawn from one seed: inputs, parameter values, batches.

The kernel that measures an answer and the judge that reads the measurement draw the same numbers, each by itself,
from the same seed and the same path of words ("same-shape", "tensor", 3). So nothing has to be sent, and nothing
that comes back has to be believed.
"""

import hashlib

import numpy as np


class Draws:
    """A tree of random streams. `Draws(seed).at("a", 1)` is a stream that depends on the seed and the path alone."""

    def __init__(self, seed: str, *path: str | int):
        self.seed, self.path = seed, path

    def at(self, *path: str | int) -> "Draws":
        """The stream at a longer path."""
        return Draws(self.seed, *self.path, *path)

    @property
    def generator(self) -> np.random.Generator:
        """A fresh numpy generator: asked twice, it starts twice at the same place."""
        words = "\x1f".join([self.seed, *map(str, self.path)])
        return np.random.Generator(np.random.PCG64(int.from_bytes(hashlib.sha256(words.encode()).digest(), "big")))

    def normal(self, *shape: int) -> np.ndarray:
        """Signed numbers around zero, standard deviation 1, float32."""
        return self.generator.standard_normal(shape).astype(np.float32)

    def integers(self, low: int, high: int, size: int) -> list[int]:
        """`size` whole numbers, low <= number < high."""
        return self.generator.integers(low, high, size).tolist()


def _is_vector(shape: tuple[int, ...]) -> bool:
    """Some write vectors with as many dimensions as what they are added to: (C, 1, 1) or (1, C, 1, 1), (1, C)."""
    if len(shape) < 3:
        return len(shape) < 2 or shape[0] == 1
    return sum(size != 1 for size in shape) <= 1 and (len(shape) == 3 or shape[0] == 1)


def _rows_of_norms(leaf: str, shape: tuple[int, ...]) -> bool:
    """Some keep a scale and a shift as the rows or columns of one matrix, or the scales of several norms."""
    rest = [size for size in shape if size != 1]
    return len(rest) == 2 and (2 in (shape[0], shape[-1]) or any(name in leaf for name in ("gamma", "beta", "affine")))


def role(name: str, shape: tuple[int, ...]) -> str:
    """What a tensor is to its layer, from its name and shape: weight, scale, shift, mean, variance or counter."""
    leaf = name.rsplit(".", 1)[-1].lower()
    if leaf == "num_batches_tracked":
        return "counter"
    words = set(leaf.split("_"))
    if "var" in leaf or leaf.startswith("rv") or words & {"sigma", "sigma2"}:
        return "variance"
    if "mean" in leaf or leaf.startswith("rm") or words & {"mu", "avg"}:
        return "mean"
    if _rows_of_norms(leaf, shape):
        return "shift" if "beta" in leaf else "scale"
    if not _is_vector(shape):
        return "weight"
    if any(word in leaf for word in ("bias", "beta", "shift", "offset")):
        return "shift"
    if any(word in leaf for word in ("weight", "gamma", "scale", "gain")):
        return "scale"
    return "shift" if leaf.startswith("b") and not leaf.startswith("bn") else "scale"


def probe_value(draws: Draws, index: int, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """A value for measuring functions: the `index`-th tensor of a model, well away from every default.

    Scales are ±(1 … 3), the largest of a layer 4, so that activations reach far beyond 6, where a ReLU6 would cut them;
    shifts ±(0.5 … 1.5), variances 0.5 … 2, means normal, and weights normal with He et al.'s (2015, eq. 10) standard deviation,
    sqrt(2 / fan-in). Returns float32 of `shape`.
    """
    generator = draws.at("tensor", index).generator
    what = role(name, shape)
    if what == "weight":
        value = generator.standard_normal(shape) * np.sqrt(2 / max(1, int(np.prod(shape[1:]))))
    elif what == "variance":
        value = generator.uniform(0.5, 2.0, shape)
    elif what == "mean":
        value = 0.5 * generator.standard_normal(shape)
    else:
        value = generator.uniform(0.5, 1.5, shape) * generator.choice([-1.0, 1.0], shape)
        if what == "scale" and np.size(value):
            value = np.reshape(2 * value, shape or (1,))
            along = int(np.argmax(value.shape))  # the channels, where one tensor holds several layers' scales
            largest = np.abs(value).argmax(along, keepdims=True)
            np.put_along_axis(value, largest, np.copysign(4, np.take_along_axis(value, largest, along)), along)
            value = value.reshape(shape)
    return np.asarray(value, dtype=np.float32)  # a scalar's, too


def training_value(draws: Draws, index: int, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """A value to start a short training from: as `probe_value`, but with scales of 0.5 … 2 and small shifts."""
    value = probe_value(draws, index, name, shape)
    what = role(name, shape)
    if what == "scale":
        value = 0.5 * np.abs(value)
    elif what == "shift":
        value = 0.1 * value
    return np.asarray(value, dtype=np.float32)
