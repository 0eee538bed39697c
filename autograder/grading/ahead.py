"""What takes seconds to import is begun before anything else, beside the coordinator's own imports.

Workers are forked from a process that has imported what they need, and share warm processes, from which kernels are
forked. Nothing is imported here but the standard library, so that both are on their way in the first half second.
"""

import json
import math
import multiprocessing
import multiprocessing.forkserver
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from autograder.kernels.connection import PRELOAD, SHARED, WarmProcess, short_folder

METHOD = "forkserver" if sys.platform == "linux" else "spawn"
IMPORTED = ["autograder", "distributed", "autograder.grading.worker", "autograder.nbgrader_plugins.judging"]
_WORKERS_EACH = 8  # that share a warm process: it forks one kernel after the other
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

_folders: list[tempfile.TemporaryDirectory] = []
_warm: dict[str, WarmProcess] = {}


def processors() -> int:
    """How many workers this machine has room for."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _environment(more: dict[str, str]) -> Iterator[None]:
    """Environment variables that are set for a while."""
    before = dict(os.environ)
    os.environ.update(more)
    try:
        yield
    finally:
        for name in more:
            del os.environ[name]
        os.environ.update({name: before[name] for name in more if name in before})


@contextmanager
def _short_paths() -> Iterator[None]:
    """multiprocessing makes the folder for its sockets meanwhile, and keeps it: where their paths are short enough."""
    before = tempfile.tempdir
    tempfile.tempdir = short_folder()
    try:
        yield
    finally:
        tempfile.tempdir = before


def begin_one() -> None:
    """Start what grading in this process needs; wait for nothing."""
    if sys.platform == "linux":
        WarmProcess.running(PRELOAD)


def begin(workers: int) -> dict[str, str]:
    """Start what `workers` workers on this machine need, as far as it is not there already; wait for nothing.

    Returns the environment variables that tell them. All of it ends with this process.
    """
    if METHOD != "forkserver":
        return {}
    multiprocessing.get_context(METHOD).set_forkserver_preload(IMPORTED)
    with _environment(_ONE_THREAD), _short_paths():  # workers stand beside each other, one for each processor
        multiprocessing.forkserver.ensure_running()
    for door in [door for door, warm in _warm.items() if not warm.usable()]:
        _warm.pop(door).end()
    while len(_warm) < math.ceil(workers / _WORKERS_EACH):
        folder = tempfile.TemporaryDirectory(prefix="course-door-", dir=short_folder(), ignore_cleanup_errors=True)
        _folders.append(folder)
        door = os.path.join(folder.name, "door")
        _warm[door] = WarmProcess.started(PRELOAD, door)
    return {SHARED: json.dumps({"preload": PRELOAD, "doors": list(_warm)})}
