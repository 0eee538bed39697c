"""The short training of lessons 02 and 03: seeded pictures, a few steps, and the losses that they give.

The judge trains the reference in just the same way, so both sides are written once, here.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_utils.seeding import Draws

TRAINING_STEPS = 16
TRAINING_BATCH = 32
TRAINING_CLASSES = 4
LEARNING_RATE = 0.05
MOMENTUM = 0.9


def training_batch(draws: Draws, step: int, channels: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Batch `step` of the short training: (32, channels, 8, 8) float32 pictures around one pattern a class, (32,) labels."""
    patterns = draws.at("patterns").normal(TRAINING_CLASSES, channels, 8, 8)
    labels = np.arange(TRAINING_BATCH) % TRAINING_CLASSES
    pictures = patterns[labels] + 0.5 * draws.at("noise", step).normal(TRAINING_BATCH, channels, 8, 8)
    return torch.from_numpy(pictures), torch.from_numpy(labels)


class BlockRig(nn.Module):
    """Two blocks, averaged over the picture, and a fixed seeded classifier: just enough to train a block in."""

    def __init__(self, first: nn.Module, second: nn.Module, classifier: torch.Tensor):
        super().__init__()
        self.first, self.second = first, second
        self.register_buffer("classifier", classifier)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = (
            x.requires_grad_() * 1.0
        )  # as within a network: some blocks compute gradients only where their input wants one
        return self.second(self.first(x)).mean(dim=(2, 3)).to(self.classifier.dtype) @ self.classifier


def train_shortly(
    model: nn.Module, draws: Draws, channels: int, device: str = "cpu", dtype: torch.dtype = torch.float32
) -> np.ndarray:
    """Losses, float64 (steps,), of a short seeded training of `model`: SGD with momentum on cross-entropy.

    The model is moved to `device`, and gets pictures of `dtype`; its parameters keep the type that they have.
    """
    model.to(device).train()
    parameters = list(model.parameters())
    velocities: list[torch.Tensor | None] = [None] * len(parameters)
    losses = []
    for step in range(TRAINING_STEPS):
        pictures, labels = training_batch(draws, step, channels)
        loss = F.cross_entropy(model(pictures.to(device, dtype)), labels.to(device))
        for parameter in parameters:
            parameter.grad = None
        loss.backward()
        with torch.no_grad():  # torch's own optimisers ask the driver of a GPU at every step, wherever the model is
            for index, parameter in enumerate(parameters):
                if parameter.grad is not None:
                    before = velocities[index]
                    now = parameter.grad.clone() if before is None else before.mul_(MOMENTUM).add_(parameter.grad)
                    velocities[index] = now
                    parameter.add_(now, alpha=-LEARNING_RATE)
        losses.append(loss.detach())
    return torch.stack(losses).cpu().double().numpy()
