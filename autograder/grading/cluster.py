"""Where grading happens: workers on this machine, or those of a Dask cluster that is there already.

On this machine nothing listens but scheduler, workers and their nannies, on loopback and encrypted. Dask would serve web
pages besides, from each of them, to whoever is on this machine.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import dask
from distributed import Client, Nanny, Scheduler, SpecCluster, Worker
from distributed.security import Security
from jupyter_core.utils import run_sync

from autograder.errors import UserError
from autograder.grading import ahead
from autograder.kernels.connection import level_here
from autograder.kernels.levels import LEVELS, Found

_CONNECT_SECONDS = 20
_SILENT = 50  # a worker's death is our business, and told in our words
_SETTINGS = {
    "distributed.scheduler.allowed-failures": 0,  # what a dying worker had begun comes back to us, see grade.py
    "distributed.scheduler.worker-saturation": 1.0,  # nobody waits behind a submission that may kill its worker
    "distributed.worker.multiprocessing-method": ahead.METHOD,
    "distributed.worker.daemon": True,  # workers end with the coordinator
}


class SchedulerWithoutPages(Scheduler):
    """Dask's scheduler; it starts a web server whether or not a dashboard is asked for."""

    def start_http_server(self, *_, **__) -> None:
        """Serve nothing."""


class WorkerWithoutPages(Worker):
    """Dask's worker; it does the same."""

    def start_http_server(self, *_, **__) -> None:
        """Serve nothing."""


@contextmanager
def on_this_machine(workers: int) -> Iterator[Client]:
    """A client of `workers` processes that talk over loopback, encrypted, and leave nothing behind."""
    with (
        dask.config.set(_SETTINGS),
        tempfile.TemporaryDirectory(prefix="course-workers-", ignore_cleanup_errors=True) as folder,
    ):
        environment = ahead.begin(workers)
        security = Security.temporary()
        wire = {"host": "127.0.0.1", "protocol": "tls://", "security": security}
        worker = {
            **wire,
            "worker_class": WorkerWithoutPages,
            "nthreads": 1,
            "memory_limit": None,  # what students' code takes is limited where it runs
            "local_directory": folder,
            "env": environment,
            "silence_logs": _SILENT,
        }
        with (
            SpecCluster(
                scheduler={"cls": SchedulerWithoutPages, "options": {**wire, "port": 0}},
                workers={number: {"cls": Nanny, "options": worker} for number in range(workers)},
                security=security,
                silence_logs=_SILENT,
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client


@contextmanager
def at(address: str) -> Iterator[Client]:
    """A client of the cluster whose scheduler is at `address`. Raises UserError where nobody answers."""
    try:
        client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise UserError(
            f"No Dask scheduler answers at {address} ({error}). Is it running, and is the address as it printed it,"
            " such as tcp://10.0.0.5:8786?"
        ) from error

    def hand_back_at_once(dask_scheduler):  # travels by value: a scheduler needs nothing of ours installed
        dask_scheduler.allowed_failures = 0

    with client:
        client.run_on_scheduler(hand_back_at_once)
        yield client


def level_at(address: str) -> Found:
    """The weakest level of locking in on the workers of the cluster at `address`; none at all where there are no workers.

    Raises UserError where nobody answers, or where no worker is there that could be asked.
    """
    with at(address) as client:
        try:
            client.wait_for_workers(1, timeout=_CONNECT_SECONDS)
        except TimeoutError:
            raise UserError(
                f"The cluster at {address} has no workers yet. Start some: dask worker {address} --nthreads 1"
            ) from None
        return min(client.run(_level_of_worker).values(), key=lambda found: LEVELS.index(found.level))


def _level_of_worker() -> Found:
    return run_sync(level_here)()
