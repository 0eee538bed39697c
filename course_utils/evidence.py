"""Handing in: what a student wrote is measured here and judged elsewhere.

`hand_in` runs in the student's kernel, so it holds nothing that is worth finding: it sets seeded values, runs the
student's object on seeded inputs and emits what came out, as plain arrays, in one cell output. Points are given by a
judge in another process, which knows the seed, derives the same inputs by itself, and compares. Outside of grading
(no seed in the environment) nothing is measured and nothing is emitted.

The output carries base64 of: a seal (HMAC-SHA256 of the rest, keyed with the seed, so that evidence of another run
does not fit this one), then a safetensors file whose metadata holds a JSON report.
"""

import base64
import contextlib
import functools
import hashlib
import hmac
import json
import os
import warnings
from collections.abc import Callable

import numpy as np
import safetensors
import safetensors.numpy
import torch

MIME = "application/vnd.resnet-coursework.evidence"
SEED_VARIABLE = "COURSE_SEED"
GPU_VARIABLE = "COURSE_GPU"
"""Where it is set, the short training is measured, on the processor and on the GPU, and nothing else."""

MAX_BYTES = 4 * 2**20
"""No honest evidence is near this size (about 0.2 MiB); the judge refuses more."""

_SEAL_BYTES = 32


class EvidenceError(Exception):
    """Evidence that cannot be read, or that belongs to another run."""


class HandedIn:
    """What `hand_in` returns: as text `0.0`, which nbgrader reads as no points, and as HTML a sentence."""

    def __repr__(self) -> str:
        return "0.0"

    def _repr_html_(self) -> str:
        return "<p>Handed in, not graded here.</p>"


def pack(name: str, arrays: dict[str, np.ndarray], report: dict, seed: str) -> bytes:
    """Seal arrays and a report (JSON types) as evidence for hand-in `name` under `seed`."""
    body = safetensors.numpy.save(
        {key: np.ascontiguousarray(value) for key, value in arrays.items()},
        metadata={"name": name, "report": json.dumps(report)},
    )
    return hmac.new(seed.encode(), body, hashlib.sha256).digest() + body


def unpack(evidence: bytes, name: str, seed: str) -> tuple[dict[str, np.ndarray], dict]:
    """The arrays and the report of `evidence`. Raises EvidenceError, with the reason, for anything unfit."""
    if len(evidence) > MAX_BYTES:
        raise EvidenceError(f"the evidence has {len(evidence):,} bytes; at most {MAX_BYTES:,} are read")
    seal, body = evidence[:_SEAL_BYTES], evidence[_SEAL_BYTES:]
    if not hmac.compare_digest(seal, hmac.new(seed.encode(), body, hashlib.sha256).digest()):
        raise EvidenceError("the evidence was not made in this run")
    try:
        header = json.loads(body[8 : 8 + int.from_bytes(body[:8], "little")])
        arrays = safetensors.numpy.load(body)
        metadata = header["__metadata__"]
        report = json.loads(metadata["report"])
    except (safetensors.SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise EvidenceError(f"the evidence cannot be read ({type(error).__name__})") from error
    if metadata.get("name") != name or not isinstance(report, dict):
        raise EvidenceError(f"the evidence is not for {name!r}")
    return arrays, report


def _precision_settings() -> list[tuple[object, str]]:
    """Where torch keeps how exact float32 is: (owner, name). torch refuses to read the old names once a new one is set."""
    backends = torch.backends
    if not hasattr(backends.cuda.matmul, "fp32_precision"):  # before torch 2.9
        return [(backends.cuda.matmul, "allow_tf32"), (backends.cudnn, "allow_tf32")]
    owners = [backends.cuda.matmul, backends.cudnn.conv, backends.cudnn.rnn]
    owners += [backends.mkldnn.matmul, backends.mkldnn.conv, backends.mkldnn.rnn]
    return [(owner, "fp32_precision") for owner in owners]


def _makes_on_the_cpu() -> bool:
    """Whether torch makes tensors on the CPU. Of a default device that is not there torch raises when asked for it."""
    try:
        return torch.get_default_device().type == "cpu"
    except Exception:
        return False


def _always(value: object, function: Callable) -> Callable:
    """A function that looks like `function` (torch's compiler unwraps some when it is imported) and returns `value`."""

    @functools.wraps(function)
    def answer(*_, **__):
        return value

    return answer


@contextlib.contextmanager
def without_gpu():
    """While this lasts, torch finds no GPU, so that code that asks for one does here what it does anywhere."""
    answers = {"is_available": False, "device_count": 0}
    kinds = (torch.cuda, torch.xpu, torch.mps, torch.backends.mps)
    before = [(kind, name, getattr(kind, name)) for kind in kinds for name in answers if hasattr(kind, name)]
    for kind, name, answer in before:
        setattr(kind, name, _always(answers[name], answer))
    try:
        yield
    finally:
        for kind, name, answer in before:
            setattr(kind, name, answer)


@contextlib.contextmanager
def steady_torch(gpu: bool = False):
    """torch as it is when freshly imported, whatever a notebook has changed; afterwards as the notebook had it.

    float32 in full, CPU, gradients on, no autocast; nothing printed or warned gets out. Without `gpu` none is to be found,
    and no driver is asked for anything, unless the notebook has started it.
    """
    running = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []
    dtype, threads = torch.get_default_dtype(), torch.get_num_threads()
    precision = [(owner, name, getattr(owner, name)) for owner, name in _precision_settings()]
    with contextlib.ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        if not _makes_on_the_cpu():  # that takes time at every call of torch
            stack.enter_context(torch.device("cpu"))
        stack.enter_context(torch.autocast("cpu", enabled=False, cache_enabled=False))
        if torch.is_autocast_enabled("cuda"):
            stack.callback(torch.set_autocast_enabled, "cuda", True)
            torch.set_autocast_enabled("cuda", False)
        stack.enter_context(torch.random.fork_rng(running, device_type="cuda"))
        if not gpu:
            stack.enter_context(without_gpu())
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        nowhere = stack.enter_context(open(os.devnull, "w", encoding="utf-8", errors="replace"))
        stack.enter_context(contextlib.redirect_stdout(nowhere))
        stack.enter_context(contextlib.redirect_stderr(nowhere))
        torch.set_default_dtype(torch.float32)
        torch.set_num_threads(1)  # small work: more threads than processors make it a hundred times slower
        for owner, name, _ in precision:
            setattr(owner, name, "ieee" if name == "fp32_precision" else False)
        try:
            yield
        finally:
            torch.set_default_dtype(dtype)
            torch.set_num_threads(threads)
            for owner, name, value in precision:
                setattr(owner, name, value)


def measured(name: str, obj: object, seed: str) -> bytes:
    """Measure `obj` as hand-in `name` and return the sealed evidence. Raises KeyError for an unknown name."""
    from course_utils.measurements import MEASUREMENTS
    from course_utils.seeding import Draws

    measure = MEASUREMENTS[name]
    with steady_torch():
        arrays, report = measure(obj, Draws(seed, name))
    return pack(name, arrays, report, seed)


def trained_on_both(name: str, obj: object, seed: str) -> bytes | None:
    """Evidence of the short training on the processor and on the GPU; None where nothing of `name` is trained."""
    from course_utils.measurements import TRAINED
    from course_utils.measurements.calling import error_of
    from course_utils.seeding import Draws

    if name not in TRAINED:
        return None
    arrays, report = {}, {}
    for device in ("cpu", "cuda"):
        with steady_torch(gpu=device == "cuda"):
            try:
                arrays[device] = TRAINED[name](obj, Draws(seed, name), device)
            except (Exception, SystemExit) as error:
                report[device] = error_of(error, "training")
    return pack(name, arrays, report, seed)


def hand_in(name: str, obj: object) -> HandedIn:
    """Hand in `obj` under `name` ("residual_block", "simple_resnet", …).

    While grading, `obj` is measured and the evidence emitted as an output of this cell; elsewhere nothing happens.
    """
    seed = os.environ.get(SEED_VARIABLE)
    if seed:
        from IPython.display import display

        evidence = (trained_on_both if os.environ.get(GPU_VARIABLE) else measured)(name, obj, seed)
        if evidence is not None:
            display({MIME: base64.b64encode(evidence).decode()}, raw=True)
    return HandedIn()
