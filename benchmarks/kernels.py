"""How fast a locked-in kernel starts and how much memory it takes, against jupyter_client's own, in the same run.

    python benchmarks/kernels.py [--pairs 7]

Times are medians of alternating pairs. "ready" is from asking for a kernel until it answers, "at work" until a first cell
has imported what a lesson imports, "gone" from asking it to end until it has. The warm process is started once, before,
and its time is printed too. Memory is what a kernel shares with nobody, after it has trained for a step, while eight such
kernels run; the keeper of a locked-in kernel is counted in.
"""

import argparse
import asyncio
import os
import platform
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerFactory

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
NAME, PLACE = "locked-in", "autograder.kernels.provisioner:LockedInProvisioner"

IMPORTS = "import torch, torchvision, matplotlib.pyplot, course_utils"
STEP = """
from course_utils import PlainBlock, load_data
data = load_data("digits", limit=64)
block = PlainBlock(3, 16)
optimiser = torch.optim.SGD(block.parameters(), lr=0.1)
block(data.train.images).mean().backward()
optimiser.step()
"""
AT_ONCE = 8


@dataclass(frozen=True)
class Start:
    """Seconds from asking for a kernel, and for its end."""

    ready: float
    at_work: float
    gone: float


async def start(locked: bool, cwd: str) -> tuple[AsyncKernelManager, object]:
    manager = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=f"{tempfile.mkdtemp(dir=cwd)}/socket")
    if locked:
        manager.kernel_spec.metadata["kernel_provisioner"] = {"provisioner_name": NAME}
    await manager.start_kernel(cwd=cwd, extra_arguments=["--HistoryManager.hist_file=:memory:"])
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=120)
    return manager, client


async def run(client, code: str) -> None:
    reply = await client.execute_interactive(code, output_hook=lambda message: None, timeout=120)
    if reply["content"]["status"] != "ok":
        raise RuntimeError(f"The benchmark's own cell failed: {reply['content']}")


async def end(manager: AsyncKernelManager, client) -> None:
    client.stop_channels()
    await manager.shutdown_kernel(now=True)


async def timed(locked: bool, cwd: str) -> Start:
    began = time.perf_counter()
    manager, client = await start(locked, cwd)
    ready = time.perf_counter() - began
    await run(client, IMPORTS)
    at_work = time.perf_counter() - began
    began = time.perf_counter()
    await end(manager, client)
    return Start(ready, at_work, time.perf_counter() - began)


async def private_mib(locked: bool, cwd: str) -> list[float]:
    """Private memory of each of the kernels that run at once."""
    started = []
    try:
        for _ in range(AT_ONCE):
            started.append(await start(locked, cwd))
        for _, client in started:
            await run(client, IMPORTS + STEP)
        return [sum(map(private, family(manager.provisioner.pid))) for manager, _ in started]
    finally:
        for manager, client in started:
            await end(manager, client)


def family(pid: int) -> list[int]:
    """This process and its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in family(int(child)))]


def private(pid: int) -> float:
    """MiB that this process shares with no other."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


async def main(pairs: int) -> None:
    KernelProvisionerFactory.provisioners.setdefault(NAME, EntryPoint(NAME, PLACE, KernelProvisionerFactory.GROUP_NAME))
    with tempfile.TemporaryDirectory() as cwd:
        warm_up = (await timed(True, cwd)).ready
        await timed(False, cwd)  # so that the disk is as warm for the other side
        starts: dict[bool, list[Start]] = {True: [], False: []}
        for _ in range(pairs):
            for locked in (True, False):
                starts[locked].append(await timed(locked, cwd))
        memory = {locked: await private_mib(locked, cwd) for locked in (True, False)}

    import torch

    load = os.getloadavg()[0]
    print(
        f"Python {platform.python_version()}, torch {torch.__version__}, {os.cpu_count()} processors, load {load:.1f}"
    )
    print(f"median of {pairs} pairs; the warm process itself took {warm_up:.1f} s, once")
    print(f"{'':22}{'locked in':>12}{'ordinary':>12}{'ratio':>8}")
    for field, label in (("ready", "ready, s"), ("at_work", "at work, s"), ("gone", "gone, s")):
        ours, stock = (statistics.median(getattr(one, field) for one in starts[locked]) for locked in (True, False))
        print(f"{label:22}{ours:12.3f}{stock:12.3f}{stock / ours:8.1f}")
    ours, stock = (statistics.median(memory[locked]) for locked in (True, False))
    print(f"{f'private MiB, {AT_ONCE} at once':22}{ours:12.0f}{stock:12.0f}{stock / ours:8.1f}")
    print(f"{'  the largest':22}{max(memory[True]):12.0f}{max(memory[False]):12.0f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=7, help="how many kernels of each kind are started one by one")
    asyncio.run(main(parser.parse_args().pairs))
