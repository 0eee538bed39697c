"""CUDA graphs, played on the processor: operations are recorded with their very tensors, and replayed into the same memory.

So whatever a graph would read from the wrong place, or do once instead of in every step, goes wrong here as well. Looking
at a value while a step is recorded, or while waiting is forbidden, raises what CUDA raises. `played` puts all of it into
the place of `torch.cuda`'s own functions, and gives back what was done, in order.
"""

from contextlib import contextmanager, nullcontext

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from course_utils import fastpath, training


class Recorder(TorchDispatchMode):
    """Notes every operation; or with `refuse`, only raises where a value would have to come from the device."""

    def __init__(self, refuse: str):
        super().__init__()
        self.refuse, self.calls = refuse, []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func is torch.ops.aten._local_scalar_dense.default:
            raise RuntimeError(self.refuse)
        out = func(*args, **(kwargs or {}))
        self.calls.append((func, args, kwargs or {}, out))
        return out


class Graph:
    def __init__(self, done: list[str]):
        self.done, self.calls = done, None

    @torch.no_grad()
    def replay(self) -> None:
        self.done.append("replay")
        for func, args, kwargs, out in self.calls:
            for again, recorded in zip(tree_leaves(func(*args, **kwargs)), tree_leaves(out), strict=True):
                if isinstance(recorded, torch.Tensor) and again.data_ptr() != recorded.data_ptr():
                    recorded.copy_(again)


class Stream:
    def wait_stream(self, other) -> None:
        pass


class Generator:
    """The device's generator, as far as a capture touches it."""

    def __init__(self):
        self.capturing = False

    def clone_state(self) -> bool:
        return self.capturing

    def graphsafe_set_state(self, state: bool) -> None:
        self.capturing = state


class Played:
    """What was done ("record", "replay", …), and where torch stands: its stream, its generator, whether waiting is an error."""

    def __init__(self, capture_fails: str | None):
        self.done: list[str] = []
        self.main, self.generator, self.mode = Stream(), Generator(), 0
        self.stream, self.watch, self.capture_fails = self.main, None, capture_fails

    @contextmanager
    def graph(self, graph: Graph):
        """As until torch 2.11: where a capture fails, its stream stays current, and the generator counts as captured."""
        self.done.append("record")
        self.stream, self.generator.capturing = Stream(), True
        recorder = Recorder("CUDA error: operation not permitted when stream is capturing")
        with recorder:
            yield
        if self.capture_fails:
            raise RuntimeError(self.capture_fails)
        self.stream, self.generator.capturing, graph.calls = self.main, False, recorder.calls

    def set_stream(self, stream: Stream) -> None:
        self.stream = stream

    def set_mode(self, mode) -> None:
        if self.watch is not None:
            self.watch.__exit__(None, None, None)
        self.mode, self.watch = mode, None
        if mode == "error":
            self.watch = Recorder("called a synchronizing CUDA operation")
            self.watch.__enter__()


def played(monkeypatch, capture_fails: str | None = None) -> Played:
    """From here on, `fastpath` records steps on the processor. capture_fails: with what words every capture fails."""
    here = Played(capture_fails)
    for name, value in {
        "CUDAGraph": lambda: Graph(here.done),
        "graph": here.graph,
        "Stream": Stream,
        "stream": lambda stream: nullcontext(),
        "current_stream": lambda *device: here.stream,
        "set_stream": here.set_stream,
        "device": lambda device: nullcontext(),
        "current_device": lambda: 0,
        "default_generators": [here.generator],
        "synchronize": lambda *device: None,
        "get_rng_state": lambda *device: torch.get_rng_state(),
        "set_rng_state": lambda state, *device: torch.set_rng_state(state),
        "get_sync_debug_mode": lambda: here.mode,
        "set_sync_debug_mode": here.set_mode,
    }.items():
        monkeypatch.setattr(torch.cuda, name, value)
    for module in (fastpath, training):
        monkeypatch.setattr(module, "can_record", lambda device: True)
    return here
