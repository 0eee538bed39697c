"""The fast path of training: the same steps on the same batches, arranged as the device likes them.

Tensors lie channels-last, which convolutions are fastest with. Where the device multiplies bfloat16 numbers, networks
compute with them (mixed precision: weights, losses and sums stay float32, and gradients need no scaling, for bfloat16
reaches as far). On a GPU the whole step (forward, backward, optimiser) is recorded once as a CUDA graph and then replayed
with one launch instead of hundreds: at these sizes, launching takes longer than computing. Numbers are rounded otherwise
than on the plain path, so a result differs as between two seeds; `benchmarks/training.py` compares them.
"""

import copy
from collections.abc import Callable
from contextlib import AbstractContextManager

import torch
from torch import nn

Step = Callable[[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
WARM_UP = 3  # steps before recording, in which libraries choose their algorithms and memory is set aside


def has_bfloat16(device: torch.device) -> bool:
    """Whether `device` multiplies bfloat16 numbers itself, which is faster; what only imitates it is slower."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    features = getattr(torch.cpu, "get_capabilities", dict)()  # older versions of torch do not say
    return device.type == "cpu" and bool(features.get("avx512_bf16") or features.get("amx_bf16"))


def mixed_precision(device: torch.device) -> AbstractContextManager:
    """In it, `device` computes with bfloat16 what bears it. Weights are rounded anew in every step, as graphs demand."""
    return torch.autocast(device.type, torch.bfloat16, cache_enabled=False)


class FastSteps:
    """Training steps of one model: called with images (B, 3, H, W) and labels (B,), gives (loss (), logits (B, C)).

    step: the plain step. say: is told, in words, where a GPU cannot record the step, as when `forward` looks at values
    (`if x.max() > 1`, `.item()`): it then goes on without. What `forward` does in Python alone (counting calls, Python's
    random numbers) is recorded once and not repeated.
    """

    def __init__(self, step: Step, model: nn.Module, optimizer: torch.optim.Optimizer, say: Callable[[str], None]):
        self.step, self.model, self.optimizer, self.say = step, model, optimizer, say
        self.recorded: torch.cuda.CUDAGraph | None = None
        self.recorded_for: tuple | None = None  # a graph holds the shape of its batch and the learning rate
        self.gradients_are_elsewhere = False
        self.can_record = next(model.parameters()).device.type == "cuda"
        model.to(memory_format=torch.channels_last)

    def __call__(self, images: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        images = images.contiguous(memory_format=torch.channels_last)
        wanted = tuple(images.shape), tuple(group["lr"] for group in self.optimizer.param_groups)
        if self.can_record and wanted != self.recorded_for:
            if self.recorded_for is not None and wanted[1] == self.recorded_for[1]:
                self.gradients_are_elsewhere = True
                return self.step(images, labels)  # the short last batch of an epoch
            self._record(images, labels, wanted)
        if not self.can_record:
            return self.step(images, labels)
        self.images.copy_(images)
        self.labels.copy_(labels)
        self.recorded.replay()
        if self.gradients_are_elsewhere:  # the graph writes them where it did when it was recorded
            for parameter, gradient in self.gradients:
                parameter.grad = gradient
            self.gradients_are_elsewhere = False
        return self.loss.clone(), self.logits.clone()  # the next replay overwrites them

    def _record(self, images: torch.Tensor, labels: torch.Tensor, wanted: tuple) -> None:
        """Record one step, and leave model, optimiser and random numbers as they were."""
        self.recorded = None
        self.images, self.labels = images.clone(), labels.clone()
        values = {key: value.clone() for key, value in self.model.state_dict().items()}
        remembered = copy.deepcopy(self.optimizer.state_dict()["state"])
        random = torch.cuda.get_rng_state(images.device)
        graph = torch.cuda.CUDAGraph()
        try:
            aside = torch.cuda.Stream(images.device)
            aside.wait_stream(torch.cuda.current_stream(images.device))
            with torch.cuda.stream(aside):
                for _ in range(WARM_UP):
                    self.step(self.images, self.labels)
            torch.cuda.current_stream(images.device).wait_stream(aside)
            self.optimizer.zero_grad(set_to_none=True)  # so that gradients come from the graph's own memory
            with torch.cuda.graph(graph):
                self.loss, self.logits = self.step(self.images, self.labels)
            self.recorded, self.recorded_for = graph, wanted
            self.gradients = [(parameter, parameter.grad) for parameter in self.model.parameters()]
            self.gradients_are_elsewhere = False
        except RuntimeError as error:
            self.can_record = False
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            self.say(f"this step cannot be recorded as a CUDA graph and runs as usual, slower: {reason}")
        finally:
            torch.cuda.synchronize(images.device)
            torch.cuda.set_rng_state(random, images.device)
            self._put_back(values, remembered)

    @torch.no_grad()
    def _put_back(self, values: dict[str, torch.Tensor], remembered: dict[int, dict]) -> None:
        """In place, because the graph reads and writes these very tensors; what did not exist before becomes 0."""
        for key, value in self.model.state_dict().items():
            value.copy_(values[key])
        for index, state in self.optimizer.state_dict()["state"].items():
            for key, value in state.items():
                if isinstance(value, torch.Tensor):
                    before = remembered.get(index, {}).get(key)
                    value.zero_() if before is None else value.copy_(before)
