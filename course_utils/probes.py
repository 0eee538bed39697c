"""What goes on inside a network: what comes out of its blocks, and what comes back to them.

PyTorch calls a hook at the moment when a tensor passes, so a network can be watched without a change to its code.
`watch` hangs hooks on the blocks and takes them off again; `LayerGradients` reads, while a network trains, what the
backward pass has left at the parameters. Neither changes what is computed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn

from course_utils.devices import in_double


def blocks_of(model: nn.Module) -> dict[str, nn.Module]:
    """The blocks of a network in the order in which it holds them: the children of every `stage…`, as "stage1.0", ….

    Raises ValueError for a network without stages.
    """
    stages = [(name, stage) for name, stage in model.named_children() if name.startswith("stage")]
    blocks = {f"{name}.{child}": block for name, stage in stages for child, block in stage.named_children()}
    if not blocks:
        raise ValueError(f"{type(model).__name__} has no stage1, stage2, … with blocks in them; which parts are meant?")
    return blocks


@contextmanager
def in_mode(model: nn.Module, training: bool) -> Iterator[None]:
    """While the context lasts, the model is in training or in evaluation mode; then it is as it was."""
    was = model.training
    model.train(training)
    try:
        yield
    finally:
        model.train(was)


@dataclass
class Seen:
    """What passed one module last: its output, detached, and the gradient of the loss with respect to that output.

    Both have the shape of the output; None as long as nothing has passed.
    """

    output: torch.Tensor | None = None
    gradient: torch.Tensor | None = None


@contextmanager
def watch(modules: dict[str, nn.Module]) -> Iterator[dict[str, Seen]]:
    """While the context lasts, note what passes `modules`: name -> `Seen`, forward (output) and backward (gradient).

    with watch(blocks_of(model)) as seen: F.cross_entropy(model(images), labels).backward()
    A module that runs more than once leaves what passed last. The network computes what it computes without.
    """
    seen = {name: Seen() for name in modules}

    def hook_for(name: str):
        def came_back(gradient: torch.Tensor) -> None:
            seen[name].gradient = gradient.detach().clone()

        def passed(module: nn.Module, inputs: tuple, output: torch.Tensor) -> None:
            seen[name].output = output.detach().clone()  # a copy: what follows may change it in place
            if output.requires_grad:
                output.register_hook(came_back)

        return passed

    hooks = [module.register_forward_hook(hook_for(name)) for name, module in modules.items()]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


class LayerGradients:
    """The gradients that steps of training leave at the parameters, summed up layer by layer on the device.

    A layer is a module that holds parameters itself ("conv1", "stage1.0.bn2"); a shared parameter counts where it comes
    first. `look` never waits for the device.
    """

    def __init__(self, model: nn.Module):
        self.parameters = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
        self.looks: list[torch.Tensor] = []

    @torch.no_grad()
    def look(self) -> None:
        """Note the gradients as they are now; a parameter without one counts as 0."""
        norms = [p.new_zeros(()) if p.grad is None else torch.linalg.vector_norm(p.grad) for _, p in self.parameters]
        self.looks.append(torch.stack(norms))

    def root_mean_square(self) -> dict[str, float]:
        """Layer -> root mean square over the looks of its gradient's norm, to six digits; then begin anew."""
        if not self.looks:
            return {}
        squares = torch.stack(self.looks).cpu().double().square().mean(0).tolist()
        self.looks = []
        of_layers: dict[str, float] = {}
        for (name, _), square in zip(self.parameters, squares, strict=True):
            layer = name.rpartition(".")[0] or name
            of_layers[layer] = of_layers.get(layer, 0.0) + square
        return {layer: float(f"{square**0.5:.6g}") for layer, square in of_layers.items()}


@torch.no_grad()
def similarity(one: torch.Tensor, other: torch.Tensor) -> float:
    """How alike two representations of the same pictures are, both (N, ...): from -1 over 0 (unrelated) to 1 (the same).

    The cosine between them, after the mean over the pictures is taken off every unit: what all pictures have in common
    would make any two sets of numbers from a ReLU look alike. Raises ValueError for different shapes.
    """
    if one.shape != other.shape:
        raise ValueError(f"found shapes {tuple(one.shape)} and {tuple(other.shape)}; only equal ones can be compared")
    one, other = (x - x.mean(0) for x in (in_double(one).flatten(1), in_double(other).flatten(1)))
    lengths = one.norm() * other.norm()
    return float((one * other).sum() / lengths) if lengths else 0.0


def block_similarities(model: nn.Module, images: torch.Tensor) -> dict[str, float]:
    """Block -> `similarity` of what comes out to what went in, in eval mode; blocks that change the shape are left out.

    images: (N, 3, H, W). The model is left in the mode in which it was.
    """
    inputs: dict[str, torch.Tensor] = {}
    blocks = blocks_of(model)

    def note(name: str):
        def before(module: nn.Module, given: tuple) -> None:
            inputs[name] = given[0].detach().clone()

        return before

    hooks = [block.register_forward_pre_hook(note(name)) for name, block in blocks.items()]
    try:
        with in_mode(model, training=False), watch(blocks) as seen, torch.no_grad():
            model(images)
    finally:
        for hook in hooks:
            hook.remove()
    return {
        name: similarity(inputs[name], seen[name].output)
        for name in blocks
        if inputs[name].shape == seen[name].output.shape
    }


@contextmanager
def without(model: nn.Module, name: str) -> Iterator[None]:
    """While the context lasts, the block `name` ("stage1.1") of `model` hands on what it gets; then it is back."""
    stage, _, child = name.rpartition(".")
    parent = model.get_submodule(stage)
    block = parent.get_submodule(child)
    setattr(parent, child, nn.Identity())
    try:
        yield
    finally:
        setattr(parent, child, block)
