"""A client of jupyter_client that is ready as soon as its kernel is.

jupyter_client's own waits 0.2 seconds, every time, for messages that might still come from a kernel's start. Ours are told
apart by the request that they answer, so there is nothing to wait for.
"""

import time
from queue import Empty

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.utils import ensure_async

_PATIENCE = 0.1  # seconds until a subscription that is not there yet is asked again


class PromptClient(AsyncKernelClient):
    """AsyncKernelClient without the fixed wait."""

    async def _async_wait_for_ready(self, timeout: float | None = None) -> None:
        """Return when the kernel answers on both channels. Raises RuntimeError where it is gone, or after `timeout` s."""
        end = time.monotonic() + (float("inf") if timeout is None else timeout)
        while True:
            request = self.kernel_info()
            reply = await self._answer(self.shell_channel, request, "kernel_info_reply", 1)
            if reply and await self._answer(self.iopub_channel, request, "status", _PATIENCE, execution_state="idle"):
                self._handle_kernel_info_reply(reply)
                return
            if not await self._async_is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > end:
                raise RuntimeError(f"Kernel didn't respond in {timeout:.0f} seconds")

    wait_for_ready = _async_wait_for_ready

    async def _answer(self, channel, request: str, kind: str, seconds: float, **content) -> dict | None:
        """The message on `channel` that answers `request` with this kind and content, or None."""
        while True:
            try:
                message = await ensure_async(channel.get_msg(timeout=seconds))
            except Empty:
                return None
            answers = message["parent_header"].get("msg_id") == request and message["msg_type"] == kind
            if answers and content.items() <= message["content"].items():
                return message
