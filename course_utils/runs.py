"""Runs on disk: a folder each, from which a comparison can be read back, continued, and traced.

While it trains, a run is `runs/<time>-<name>.unfinished/`, with what was asked for (`run.json`) and a checkpoint of every
network and seed; when all is done and written it is renamed to `runs/<time>-<name>/`. So a folder without that ending is
whole: recipe, environment, data, histories, fingerprints and the gap in `run.json`, and final weights in `weights/`.
"""

import json
import os
import platform
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch
from filelock import FileLock, Timeout

from course_utils.checkpoint import write_tensors, write_text
from course_utils.devices import choose_device, name_of
from course_utils.fairness import Fingerprints
from course_utils.fastpath import has_bfloat16
from course_utils.training import Comparison, History, Recipe

RUNS = Path("runs")
UNFINISHED = ".unfinished"
_ABOUT, _WEIGHTS, _CHECKPOINTS, _LOCK = "run.json", "weights", "checkpoints", ".lock"


class RunError(Exception):
    """A run that cannot be read or continued; the message says why, and what to do."""


@dataclass(frozen=True)
class Run:
    """What a finished run's folder says. about: what was asked for, when, and where it ran; comparison: without models."""

    folder: Path
    about: dict
    comparison: Comparison


def begin(name: str, asked: dict, root: Path = RUNS) -> Path:
    """Make `root/<time>-<name>.unfinished/` and note in it what was asked for (JSON types) and the environment."""
    stem = f"{time.strftime('%Y%m%d-%H%M%S')}-{_as_file_name(name)}"
    root.mkdir(parents=True, exist_ok=True)
    for number in range(1, 1000):
        unique = stem if number == 1 else f"{stem}-{number}"
        folder = root / (unique + UNFINISHED)
        if (root / unique).exists():
            continue
        try:
            folder.mkdir()
        except FileExistsError:  # begun within the same second
            continue
        started = time.strftime("%Y-%m-%dT%H:%M:%S%z")
        write_text(
            folder / _ABOUT,
            _json({"asked": asked, "started": started, "environment": environment(asked.get("device"))}),
        )
        return folder
    raise RunError(f"{root} has no free name left that begins with {stem}")


@contextmanager
def work_on(folder: Path) -> Iterator[Path]:
    """Hold an unfinished run for this process alone, and give the folder for its checkpoints."""
    lock = FileLock(folder / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RunError(f"Another program is working on {folder}; wait for it, or stop it") from None
    try:
        yield folder / _CHECKPOINTS
    finally:
        lock.release()


def write_results(folder: Path, comparison: Comparison) -> None:
    """Write results and final weights into the unfinished `folder`, and the results last.

    The weights of a network are one safetensors file a seed, named as its `state_dict` names them.
    """
    for name, models in comparison.models.items():
        for seed, model in zip(comparison.seeds, models, strict=True):
            write_tensors(weights_file(folder, name, seed), model.state_dict())
    about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
    about |= {
        "recipe": asdict(comparison.recipe),
        "data": comparison.data,
        "seeds": comparison.seeds,
        "histories": {name: [asdict(run) for run in runs] for name, runs in comparison.histories.items()},
        "fingerprints": {name: [asdict(run) for run in runs] for name, runs in comparison.fingerprints.items()},
        "unequal": comparison.unequal(),
        "gap": asdict(comparison.gap()) if len(comparison.histories) == 2 else None,
    }
    write_text(folder / _ABOUT, _json(about))


def weights_file(folder: Path, name: str, seed: int) -> Path:
    """Where a run keeps the final weights of the network `name`, trained with `seed`."""
    return folder / _WEIGHTS / f"{_as_file_name(name)}-seed{seed}.safetensors"


def finish(folder: Path) -> Path:
    """Drop the checkpoints of a `folder` whose results are written, take its ending away, and return its new path."""
    if "histories" not in _about(folder):
        raise RunError(f"{folder} has no results yet; go on with: python -m course_utils resume {folder}")
    shutil.rmtree(folder / _CHECKPOINTS, ignore_errors=True)
    (folder / _LOCK).unlink(missing_ok=True)
    final = folder.with_name(folder.name.removesuffix(UNFINISHED))
    os.rename(folder, final)
    return final


def read(folder: Path) -> Run:
    """Read a finished run. Raises RunError, in words, for a folder that is none."""
    if folder.name.endswith(UNFINISHED):
        raise RunError(f"{folder} is not finished; go on with: python -m course_utils resume {folder}")
    about = _about(folder)
    try:
        histories = {name: tuple(map(_history, runs)) for name, runs in about.pop("histories").items()}
        fingerprints = {
            name: tuple(Fingerprints(**run) for run in runs) for name, runs in about.pop("fingerprints").items()
        }
        seeds, recipe, data = tuple(about.pop("seeds")), Recipe(**about.pop("recipe")), about.pop("data")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunError(
            f"{folder / _ABOUT} is damaged ({error!r}); is it from another version of the course?"
        ) from error
    return Run(folder, about, Comparison(histories, {}, seeds, recipe, fingerprints, data))


def asked_for(folder: Path) -> dict:
    """What an unfinished run was asked to do. Raises RunError for a finished one, and for what is no run."""
    if not folder.name.endswith(UNFINISHED):
        raise RunError(f"{folder} is not an unfinished run; those end in {UNFINISHED}")
    return _about(folder)["asked"]


def environment(device: str | None = None) -> dict[str, str | int]:
    """Versions and hardware: what, besides the seed, the last digits of a result depend on.

    device: on which one trains; None: the one that the course chooses here. bfloat16: whether the fast path computes with it there.
    """
    try:
        course = version("resnet-coursework")
    except PackageNotFoundError:
        course = "not installed"
    where = torch.device(device) if device else choose_device()
    return {
        "course": course,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "system": f"{platform.system()} {platform.machine()}",
        "device": name_of(where),
        "threads": torch.get_num_threads(),
        "bfloat16": has_bfloat16(where),
    }


def _as_file_name(name: str) -> str:
    return re.sub("[^A-Za-z0-9]+", "-", name).strip("-") or "run"


def _about(folder: Path) -> dict:
    try:
        about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError(f"{folder} is not a run: there is no {_ABOUT} in it") from None
    except (OSError, ValueError) as error:
        raise RunError(f"{folder / _ABOUT} cannot be read: {error}") from error
    if not isinstance(about, dict) or not isinstance(about.get("asked"), dict):
        raise RunError(f"{folder / _ABOUT} does not say what was asked for; is it another program's?")
    return about


def _history(fields: dict) -> History:
    lists = ("train_loss", "train_accuracy", "test_accuracy", "learning_rate")
    fields = {**fields, **{key: tuple(fields[key]) for key in lists}, "recipe": Recipe(**fields["recipe"])}
    fields["gradient_norms"] = {layer: tuple(norms) for layer, norms in fields.get("gradient_norms", {}).items()}
    return History(**fields)


def _json(content: dict) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
