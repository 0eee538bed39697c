"""Does CUDA start? Outside, as anywhere, and inside a locked-in kernel that is given the GPUs.

A driver can be broken in ways that hang or end a process, so it is always another process that tries, for so many seconds.
"""

import subprocess
import sys
import tempfile

from jupyter_client.manager import AsyncKernelManager
from traitlets.config import Config

PROVISIONER = "locked-in"
SHARE = 0.5
"""Of a GPU's memory, what one kernel may take."""

_LISTENING = 60  # seconds until a kernel that has started answers

START = f"""
def _start():
    import torch
    torch.cuda.set_per_process_memory_fraction({SHARE})
    pictures = torch.ones(2, 3, 8, 8, device="cuda")
    torch.nn.Conv2d(3, 3, 3, device="cuda")(pictures).sum().backward()
    torch.cuda.synchronize()
_start()
"""
"""Raises where CUDA does not start and train: a process that has run it has all that it needs of the driver."""


def cuda_outside(seconds: float = 60) -> str:
    """Why CUDA does not start on this machine; "" where it does."""
    try:
        ran = subprocess.run([sys.executable, "-c", START], capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return f"it was not there after {seconds:.0f} seconds"
    if ran.returncode == 0:
        return ""
    return (ran.stderr.strip().splitlines() or [f"Python ended with status {ran.returncode}"])[-1]


async def cuda_inside(config: Config, seconds: float = 60) -> str:
    """Why CUDA does not start in a locked-in kernel, or why there is no such kernel; "" where it does."""
    manager = AsyncKernelManager(kernel_name="python3", config=with_gpu(config))
    manager.kernel_spec.metadata["kernel_provisioner"] = {"provisioner_name": PROVISIONER}
    with tempfile.TemporaryDirectory(prefix="course-gpu-") as folder:
        try:
            await manager.start_kernel(cwd=folder)
        except Exception as error:
            return str(error)
        client = manager.client()
        client.start_channels()
        try:
            await client.wait_for_ready(timeout=_LISTENING)
            reply = await client.execute_interactive(START, output_hook=lambda message: None, timeout=seconds)
            return error_in(reply["content"])
        except RuntimeError as error:  # the kernel is gone
            return str(error)
        except TimeoutError:
            return f"it was not there after {seconds:.0f} seconds"
        finally:
            client.stop_channels()
            await manager.shutdown_kernel(now=True)


def with_gpu(config: Config) -> Config:
    """The configuration, but kernels are given the GPUs."""
    own = Config(config)
    own.merge(Config({"LockedInProvisioner": {"gpu": True}}))
    return own


def error_in(content: dict) -> str:
    """The error in a message's content or an output, in one line; "" where there is none."""
    name = content.get("ename", "")
    text = str(content.get("evalue", "")).strip().splitlines()
    return f"{name}: {text[0][:300]}" if name and text else name
