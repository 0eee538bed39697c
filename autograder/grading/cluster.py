"""Where grading happens: workers on this machine, or those of a Dask cluster that is there already."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import dask
from distributed import Client, LocalCluster
from distributed.security import Security

from autograder.errors import UserError
from autograder.grading import ahead

_CONNECT_SECONDS = 20
_SETTINGS = {
    "distributed.scheduler.allowed-failures": 0,  # what a dying worker had begun comes back to us, see grade.py
    "distributed.scheduler.worker-saturation": 1.0,  # nobody waits behind a submission that may kill its worker
    "distributed.worker.multiprocessing-method": ahead.METHOD,
    "distributed.worker.daemon": True,  # workers end with the coordinator
}


@contextmanager
def on_this_machine(workers: int) -> Iterator[Client]:
    """A client of `workers` processes that talk over loopback, encrypted, and leave nothing behind."""
    with (
        dask.config.set(_SETTINGS),
        tempfile.TemporaryDirectory(prefix="course-workers-", ignore_cleanup_errors=True) as folder,
    ):
        environment = ahead.begin(workers)
        with (
            LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                memory_limit=None,  # what students' code takes is limited where it runs
                host="127.0.0.1",
                dashboard_address=None,
                local_directory=folder,
                security=Security.temporary(),
                env=environment,
                silence_logs=50,  # a worker's death is our business, and told in our words
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
