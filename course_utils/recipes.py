"""Recipes by name: how the course, and the studies that it grew from, train their networks.

A study is a recipe with the depths that it compares and the shortcut that it takes where shapes change.
"""

from dataclasses import dataclass, replace

from course_utils.training import Recipe


@dataclass(frozen=True)
class Study:
    """A recipe, which depths it is for (as `--depth` counts them), the kind of shortcut, and one line about it."""

    recipe: Recipe
    depths: tuple[int, ...]
    shortcut: str
    about: str


STUDIES = {
    "digits": Study(
        Recipe(epochs=8, batch_size=64, milestones=(6, 7)),
        (31,),
        "projection",
        "lesson 04 without a GPU: SGD 0.1, 8 epochs, batch 64; the default for digits",
    ),
    "lesson": Study(
        Recipe(),
        (31,),
        "projection",
        "lesson 04 with a GPU: SGD 0.1, a tenth after 8 and 12 of 15 epochs; the default for other data",
    ),
    "adam": Study(
        Recipe(epochs=10, learning_rate=1e-3, weight_decay=0.0, milestones=(), optimiser="adam"),
        (7,),
        "projection",
        "Adam 0.001, 10 epochs, constant",
    ),
    "resnet18": Study(
        Recipe(epochs=50, weight_decay=5e-4, milestones=(), schedule="cosine"),
        (18,),
        "projection",
        "ResNet-18 and Plain-18: SGD 0.1 on a cosine, weight decay 0.0005, 50 epochs",
    ),
    "depth": Study(
        Recipe(epochs=180, milestones=(81, 122), nesterov=True, weight_decay_on="matrices", augment=True),
        (20, 56),
        "padded",
        "20 and 56 layers: Nesterov 0.1, a tenth after 81 and 122 of 180 epochs, weight decay on matrices, flip and crop",
    ),
}


def with_epochs(recipe: Recipe, epochs: int) -> Recipe:
    """`recipe` stretched or shrunk to `epochs`; its milestones move along, and those that would fall together merge.

    Raises ValueError as `Recipe` does.
    """
    moved = sorted({round(milestone * epochs / recipe.epochs) for milestone in recipe.milestones})
    return replace(recipe, epochs=epochs, milestones=tuple(m for m in moved if 0 < m < epochs))
