"""The fast path of training: the same steps on the same batches, arranged as the device likes them.

Tensors lie as convolutions are fastest with, mostly channels-last. Where the device multiplies bfloat16 numbers, networks
compute with them (mixed precision: weights, losses and sums stay float32, and gradients need no scaling, for bfloat16
reaches as far). On a GPU the whole step (forward, backward, optimiser) is recorded once as a CUDA graph and then replayed
with one launch instead of hundreds: at these sizes, launching takes longer than computing. Numbers are rounded otherwise
than on the plain path, so a result differs as between two seeds; `benchmarks/training.py` compares them.
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import torch
from torch import nn
from torch.utils._pytree import tree_flatten, tree_leaves, tree_unflatten

Step = Callable[[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
WARM_UP = 3  # steps before recording, in which libraries choose their algorithms and memory is set aside


def has_bfloat16(device: torch.device) -> bool:
    """Whether `device` multiplies bfloat16 numbers itself, which is faster; what only imitates it is slower."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    features = getattr(torch.cpu, "get_capabilities", dict)()  # older versions of torch do not say
    return device.type == "cpu" and bool(features.get("avx512_bf16") or features.get("amx_bf16"))


def memory_format(device: torch.device) -> torch.memory_format:
    """How tensors lie best there: a GPU that computes in float32, as a T4 does here, is slower with channels last."""
    return torch.channels_last if device.type != "cuda" or has_bfloat16(device) else torch.contiguous_format


def mixed_precision(device: torch.device) -> AbstractContextManager:
    """In it, `device` computes with bfloat16 what bears it. Weights are rounded anew in every step, as graphs demand."""
    return torch.autocast(device.type, torch.bfloat16, cache_enabled=False)


def can_record(device: torch.device) -> bool:
    """Whether steps on `device` can be recorded at all, as CUDA graphs."""
    return device.type == "cuda"


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """The learning rate from here on; one that is a tensor stays where a recorded step reads it."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], torch.Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


class FastSteps:
    """Training steps of one model: called with images (B, 3, H, W) and labels (B,), gives (loss (), logits (B, C)).

    step: the plain step. say: is told, in words, where a GPU cannot record the step: when it looks at values (`if x.max()
    > 1`, `.item()`), or puts another tensor in the place of one that the model keeps (`self.mean = 0.9 * self.mean + …`),
    since a graph goes on to read the old one. It then goes on without. What `forward` does in Python alone (counting
    calls, Python's random numbers) is recorded once and not repeated.
    """

    def __init__(self, step: Step, model: nn.Module, optimizer: torch.optim.Optimizer, say: Callable[[str], None]):
        self.step, self.model, self.optimizer, self.say = step, model, optimizer, say
        self.recorded: torch.cuda.CUDAGraph | None = None
        self.gradients_are_elsewhere = False
        self.can_record = can_record(next(model.parameters()).device)
        self.memory_format = memory_format(next(model.parameters()).device)
        model.to(memory_format=self.memory_format)

    def __call__(self, images: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        images = images.contiguous(memory_format=self.memory_format)
        if self.can_record and self.recorded is None:
            with torch.cuda.device(images.device):
                self._record(images, labels)
        elif self.can_record and images.shape != self.images.shape:
            self.gradients_are_elsewhere = True
            return self.step(images, labels)  # the short last batch of an epoch
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

    def _record(self, images: torch.Tensor, labels: torch.Tensor) -> None:
        """Record one step, and leave model, optimiser and random numbers as they were.

        Whether it can be recorded is found out before: a capture that fails leaves much behind, until torch 2.11 even its
        stream and a generator that counts as being captured. What a model raises by itself is raised.
        """
        self.images, self.labels = images.clone(), labels.clone()
        kept = _Kept(self.model)
        remembered = copy.deepcopy(self.optimizer.state_dict()["state"])
        stream, random = torch.cuda.current_stream(), torch.cuda.get_rng_state(images.device)
        try:
            if reason := self._what_forbids_recording(stream):
                self._do_without(reason)
            else:
                self._capture()
        finally:
            torch.cuda.set_stream(stream)
            torch.cuda.synchronize(images.device)
            torch.cuda.set_rng_state(random, images.device)
            kept.put_back()
            self._forget(remembered)

    def _what_forbids_recording(self, stream) -> str | None:
        """Warm up on a stream aside; the last step is watched for what no graph can hold. None: nothing was seen."""
        aside = torch.cuda.Stream()
        aside.wait_stream(stream)
        with torch.cuda.stream(aside):
            for _ in range(WARM_UP - 1):
                self.step(self.images, self.labels)
            before, waiting = _Kept(self.model), torch.cuda.get_sync_debug_mode()
            torch.cuda.set_sync_debug_mode("error")
            try:
                self.step(self.images, self.labels)
            except RuntimeError as error:
                if "synchronizing" not in str(error):
                    raise
                return "it waits for the GPU, as .item() and conditions on values do"
            finally:
                torch.cuda.set_sync_debug_mode(waiting)
        stream.wait_stream(aside)
        if replaced := before.replaced():
            return f"it puts another tensor in the place of {' and '.join(replaced[:3])}; change it in place instead"
        return None

    def _capture(self) -> None:
        graph = torch.cuda.CUDAGraph()
        generator = torch.cuda.default_generators[torch.cuda.current_device()]
        not_capturing = generator.clone_state()
        self.optimizer.zero_grad(set_to_none=True)  # so that gradients come from the graph's own memory
        try:
            with torch.cuda.graph(graph):
                self.loss, self.logits = self.step(self.images, self.labels)
        except RuntimeError as error:  # the very step has just run three times: it is the recording that failed
            generator.graphsafe_set_state(not_capturing)
            self._do_without((str(error).strip().splitlines() or [type(error).__name__])[0])
            return
        self.recorded = graph
        self.gradients = [(parameter, parameter.grad) for parameter in self.model.parameters()]
        self.gradients_are_elsewhere = False

    def _do_without(self, reason: str) -> None:
        self.can_record = False
        self.say(f"this step cannot be recorded as a CUDA graph and runs as usual, slower: {reason}")

    @torch.no_grad()
    def _forget(self, remembered: dict[int, dict]) -> None:
        """In place, because the graph reads and writes these very tensors; what did not exist before becomes 0."""
        for index, state in self.optimizer.state_dict()["state"].items():
            for key, value in state.items():
                if isinstance(value, torch.Tensor):
                    before = remembered.get(index, {}).get(key)
                    value.zero_() if before is None else value.copy_(before)


class _Kept:
    """All tensors that a model keeps, with their values: parameters, buffers of any kind, and attributes of its modules."""

    def __init__(self, model: nn.Module):
        self.model = model
        self.places = [(holder, key, value, *tree_flatten(value)) for _, holder, key, value in _kept_by(model)]
        tensors = (leaf for *_, leaves, _ in self.places for leaf in leaves if isinstance(leaf, torch.Tensor))
        self.values = [(tensor, tensor.data, tensor.detach().clone()) for tensor in tensors]
        self.addresses = _addresses(model)

    def replaced(self) -> list[str]:
        """The names of attributes whose tensors are no longer in the memory that they were in."""
        return [name for name, places in _addresses(self.model).items() if self.addresses.get(name) != places]

    @torch.no_grad()
    def put_back(self) -> None:
        """The very tensors, in the very memory, with the values that they had: a graph reads and writes there."""
        for tensor, memory, value in self.values:
            tensor.data = memory
            tensor.copy_(value)
        for holder, key, value, leaves, form in self.places:
            now = tree_leaves(holder.get(key))
            if len(now) != len(leaves) or any(one is not other for one, other in zip(now, leaves, strict=True)):
                holder[key] = value if isinstance(value, torch.Tensor) else tree_unflatten(leaves, form)


def _kept_by(model: nn.Module) -> Iterator[tuple[str, dict, str, object]]:
    """(name, the dict that holds it, its key there, a tensor or a list or dict with some) for all that a model keeps."""
    for path, module in model.named_modules():
        for holder in (module._parameters, module._buffers, vars(module)):
            for key, value in holder.items():
                registered = holder is vars(module) and key in ("_parameters", "_buffers", "_modules")
                if not registered and any(isinstance(leaf, torch.Tensor) for leaf in tree_leaves(value)):
                    yield f"{path}.{key}".lstrip("."), holder, key, value


def _addresses(model: nn.Module) -> dict[str, list[int]]:
    return {
        name: [leaf.data_ptr() for leaf in tree_leaves(value) if isinstance(leaf, torch.Tensor)]
        for name, _, _, value in _kept_by(model)
    }
