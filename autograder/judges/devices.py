"""Does an answer train on a GPU as it does on the processor? Said in words; it is worth no points.

So nobody loses any to a driver, and grades are the same on every machine. Both trainings are an answer's own, in one kernel:
whether it trains as a right one does is judged elsewhere, from what was measured without a GPU.
"""

from dataclasses import dataclass

import numpy as np

from autograder.judges.findings import LOSS_TOLERANCE, quoted
from course_utils.evidence import unpack
from course_utils.measurements.short_training import TRAINING_STEPS

_OF_DRIVERS = ("CUDA error", "out of memory", "CUDNN", "cuDNN", "CUBLAS", "cuBLAS", "NVIDIA")
_OF_DEVICES = ("same device", "cuda.FloatTensor", "convert cuda", "'cuda' device type", "'cpu' device type")


@dataclass(frozen=True)
class Trained:
    """What is to be said of a training on a GPU: to the student, and to the instructor, or "" for nothing."""

    notes: tuple[str, ...] = ()
    unusual: str = ""


def compared(evidence: bytes, name: str, seed: str) -> Trained:
    """What came out of course_utils.evidence.trained_on_both, in words. Raises EvidenceError."""
    arrays, report = unpack(evidence, name, seed)
    if not _usable(arrays.get("cpu")):
        return Trained()  # that it does not train is said by its judge
    if "cuda" not in arrays:
        said = f"On a GPU the short training stopped with {quoted(report['cuda'])}."
        if any(word in said for word in _OF_DRIVERS):
            return Trained(unusual=f"{said} It counts as measured on the processor.")
        if any(word in said for word in _OF_DEVICES):
            said += " What forward makes belongs where its input is: device=x.device."
    elif not _usable(arrays["cuda"]):
        said = "On a GPU the loss of the short training became NaN or infinite."
    elif np.abs(arrays["cuda"] - arrays["cpu"]).max() > LOSS_TOLERANCE:
        step = int(np.abs(arrays["cuda"] - arrays["cpu"]).argmax())
        there, here = arrays["cuda"][step], arrays["cpu"][step]
        said = f"On a GPU the short training goes another way: at step {step} the loss is {there:.3f}, here {here:.3f}."
    else:
        return Trained(("On a GPU the short training gives the same losses.",))
    return Trained((f"{said} This costs no points.",), said)


def _usable(losses: np.ndarray | None) -> bool:
    return losses is not None and losses.shape == (TRAINING_STEPS,) and bool(np.isfinite(losses).all())
