"""Whether this machine can grade, and how well it would lock students' code in: everything tried, nothing believed.

Each line of the examination stands for itself, so that one that fails hides no other. What has to hold for grading as it is
configured decides the exit status; the rest is for the person who reads.
"""

import asyncio
import importlib.metadata
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jupyter_client.manager import AsyncKernelManager
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy.engine import make_url
from traitlets.config import Config

from autograder import gpu
from autograder.course import Course
from autograder.kernels.connection import level_here
from autograder.kernels.levels import IN_WORDS, LEVELS, Found
from autograder.kernels.provisioner import LockedInProvisioner
from autograder.kernels.remedies import remedy

_VERSIONS = ("torch", "torchvision", "nbgrader", "nbclient", "jupyter_client", "ipykernel", "distributed")
_LISTENING = 60  # seconds until a kernel that has started answers
_GIB = 2**30


@dataclass(frozen=True)
class Finding:
    """One line of the examination. fine: whether it is as grading needs it; None where it does not matter."""

    what: str
    fine: bool | None
    seen: str
    remedy: str = ""


def examine(course: Course) -> Iterator[Finding]:
    """Look at everything, one finding after the other, as they are made."""
    config = course.config()
    found = asyncio.run(level_here())
    yield from _of_levels(found, LockedInProvisioner(config=config))
    yield _of_landlock()
    yield asyncio.run(_of_a_kernel(config, found))
    yield from _of_room(config)
    yield from _of_gpus(config, found)
    yield Finding("gradebook", None, make_url(course.directory.db_url).render_as_string(hide_password=True))
    versions = [f"{name} {importlib.metadata.version(name)}" for name in _VERSIONS]
    yield Finding("versions", None, ", ".join([f"Python {platform.python_version()}", *versions]))
    yield Finding("system", None, f"{platform.platform()}, {os.cpu_count()} processors")


def _of_levels(found: Found, demanding: LockedInProvisioner) -> Iterator[Finding]:
    fine = found.suffices(demanding.level) or demanding.allow_unsafe_kernels
    demanded = "nothing" if demanding.allow_unsafe_kernels else demanding.level
    seen = f"{found.level}: students' code is {IN_WORDS[found.level]}; demanded: {demanded}"
    yield Finding("level", fine, seen, "" if fine else remedy(found))
    at = LEVELS.index(found.level)
    if at + 1 < len(LEVELS):
        above = LEVELS[at + 1]
        yield Finding(f"why not {above}", None, found.lacks[above], remedy(found) if fine else "")


def _of_landlock() -> Finding:
    if sys.platform != "linux":
        return Finding("Landlock", None, "part of Linux only")
    from autograder.kernels import landlock

    version = landlock.version_or_none()
    knows = [
        text for since, text in ((1, "files"), (4, "TCP"), (6, "signals and abstract sockets")) if version >= since
    ]
    return Finding("Landlock", None, f"version {version}: {', '.join(knows)}" if version else "not here")


async def _of_a_kernel(config: Config, found: Found) -> Finding:
    """Whether a kernel starts as grading starts it, and in how many seconds."""
    demanding = LockedInProvisioner(config=config)
    if not (found.suffices(demanding.level) or demanding.allow_unsafe_kernels):
        return Finding("kernel", False, "none is started below the level that is demanded")
    try:
        first, second = await _seconds_to_start(config), await _seconds_to_start(config)
    except Exception as error:
        return Finding("kernel", False, f"it does not start: {str(error).strip().splitlines()[0]}")
    return Finding(
        "kernel", True, f"the first starts in {first:.1f} s, with all that it imports; the next in {second:.2f} s"
    )


async def _seconds_to_start(config: Config) -> float:
    manager = AsyncKernelManager(kernel_name="python3", config=config)
    manager.kernel_spec.metadata["kernel_provisioner"] = {"provisioner_name": gpu.PROVISIONER}
    with tempfile.TemporaryDirectory(prefix="course-doctor-") as folder:
        started = time.monotonic()
        await manager.start_kernel(cwd=folder)
        client = manager.client()
        client.start_channels()
        try:
            await client.wait_for_ready(timeout=_LISTENING)
            return time.monotonic() - started
        finally:
            client.stop_channels()
            await manager.shutdown_kernel(now=True)


def _of_room(config: Config) -> Iterator[Finding]:
    demanding = LockedInProvisioner(config=config)
    folder = Path(tempfile.gettempdir())
    free = shutil.disk_usage(folder).free
    needed = demanding.scratch_mib * 2**20
    yield Finding(
        "scratch",
        free > needed,
        f"{free / _GIB:.1f} GiB free in {folder}; a kernel may write {demanding.scratch_mib} MiB",
        "" if free > needed else "make room there, or set TMPDIR to another folder",
    )
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        limit = _memory_of_container()
        seen = f"{memory / _GIB:.1f} GiB" + (f", of which this container may use {limit / _GIB:.1f}" if limit else "")
        yield Finding("memory", None, f"{seen}; a kernel may use {demanding.memory_mib / 1024:.1f} GiB")


def _memory_of_container() -> int:
    """The bytes of memory that this control group may use; 0 where there is no such limit."""
    try:
        text = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return 0
    return int(text) if text.isdigit() else 0


def _of_gpus(config: Config, found: Found) -> Iterator[Finding]:
    outside = gpu.cuda_outside()
    yield Finding("CUDA, outside", None, f"does not start: {outside}" if outside else "starts")
    wanted = bool(config.RunSubmission.get("gpu_training"))
    if outside:
        inside = "not tried, since it does not start outside"
    elif found.level == "none":
        inside = "not tried, since no kernel is locked in here"
    else:
        inside = asyncio.run(gpu.cuda_inside(config)) or "starts"
    asked = "asked for by gpu_training" if wanted else "not asked for, so kernels see no GPU"
    yield Finding("CUDA, in a kernel", None, f"{inside}; {asked}")


def show(findings: Iterator[Finding], console: Console) -> bool:
    """Print the findings as they come. Returns whether grading would work as configured."""
    table = Table(show_header=False, box=None, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    works = True
    with console.status("Looking …") as status:
        for finding in findings:
            status.update(f"Looking … ({finding.what})")
            works = works and finding.fine is not False
            sign = {True: "[green]✓[/green]", False: "[red]✗[/red]", None: " "}[finding.fine]
            more = f"\n[dim]→ {escape(finding.remedy)}[/dim]" if finding.remedy else ""
            table.add_row(sign, finding.what, escape(finding.seen) + more)
    console.print(table)
    console.print("Grading works here as it is configured." if works else "[red]Grading would not work here.[/red]")
    return works
