"""The kernel itself: IPython's, started in a process that has been forked and locked in."""

import atexit
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from . import namespaces

_PASSED_ON = (
    *("LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "CONDA_PREFIX"),
    *("OMP_NUM_THREADS", "MKL_NUM_THREADS"),
)


def environment(given: dict[str, str], folders: list[str]) -> dict[str, str]:
    """A kernel's whole environment: `given`, and what programs need to find their files.

    folders: where commands lie, the first before the others.
    """
    return {
        **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        "PATH": os.pathsep.join([*folders, "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": namespaces.HOME,
        "TMPDIR": namespaces.TEMPORARY,
        "USER": "student",
        "LOGNAME": "student",
        "SHELL": "/bin/sh",
        "TORCH_COMPILE_DISABLE": "1",  # compiling takes a minute, for what runs once
        "PIP_RETRIES": "0",  # there is no network, and pip would look for it again and again
        **given,
    }


def run(connection: dict, arguments: list[str], threads: int, ready: Callable[[], None]) -> None:
    """Run a kernel until it is told to shut down; then end this process.

    connection: what a connection file says. arguments: ipykernel's. threads: how many torch uses, or 0. `ready` is called
    when the kernel listens, before it runs anything.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(namespaces.SUBMISSION)
    tempfile.tempdir = None  # the warm process may have looked for one
    time.tzset()
    _part_ways()
    if threads and "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)

    file = Path(namespaces.HOME) / "connection.json"
    file.write_text(json.dumps(connection))
    import zmq
    from ipykernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance()
    app.parent_handle = 1  # the keeper is process 1: there is no parent to look after
    app.initialize(["-f", str(file), *arguments])
    # who prints faster than the grader reads has to wait; else messages were dropped, the evidence perhaps among them
    app.iopub_thread.socket.setsockopt(zmq.XPUB_NODROP, 1)
    _keep_outputs_open(app.shell)
    ready()
    code = 0
    try:
        app.start()
    except SystemExit as asked:
        code = asked.code if isinstance(asked.code, int) else 1
    threading._shutdown()
    atexit._run_exitfuncs()
    os._exit(code)


def _keep_outputs_open(shell) -> None:
    """After a cell that has closed sys.stdout, give it back: ipykernel flushes it before it says that the cell is over."""
    streams = {name: getattr(sys, name) for name in ("stdout", "stderr")}

    def reopen() -> None:
        for name, stream in streams.items():
            if getattr(getattr(sys, name), "closed", False):
                setattr(sys, name, stream)

    shell.events.register("post_execute", reopen)


def _part_ways() -> None:
    """See to what must not be the same in every fork: random numbers that would be drawn from the same state."""
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "torch" in sys.modules:
        sys.modules["torch"].default_generator.seed()
