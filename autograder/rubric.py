"""Criteria and points of every lesson: the one place where it is written what is asked and what it is worth.

A graded cell hands in one object under one name. Its criteria are judged one by one; each has an id that never
changes, points, and one sentence that a student can read. The points of a cell in the notebook are the sum of its
criteria (a test compares the two).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Criterion:
    """One thing that is asked: `id` is stable, `points` is what it is worth, `sentence` says it to a student."""

    id: str
    points: float
    sentence: str


@dataclass(frozen=True)
class GradedCell:
    """One hand-in cell: nbgrader's `grade_id`, the name given to `hand_in`, and what is judged."""

    grade_id: str
    hand_in: str
    criteria: tuple[Criterion, ...]

    @property
    def points(self) -> float:
        return sum(criterion.points for criterion in self.criteria)


LESSONS: dict[str, dict[str, tuple[GradedCell, ...]]] = {
    "resnet": {
        "01_plain_baseline": (
            GradedCell(
                "handin-count-conv-layers",
                "count_conv_layers",
                (
                    Criterion(
                        "conv-layers-shown", 2, "A network with 3 blocks a stage has the right number of conv layers."
                    ),
                    Criterion("conv-layers-any", 3, "The number is right for any number of blocks a stage."),
                ),
            ),
            GradedCell(
                "handin-plain-block-parameters",
                "plain_block_parameters",
                (
                    Criterion(
                        "parameters-same-channels",
                        5,
                        "The count is right where the block keeps its number of channels.",
                    ),
                    Criterion(
                        "parameters-other-channels",
                        5,
                        "The count is right where the block changes its number of channels.",
                    ),
                ),
            ),
        ),
        "02_residual_block": (
            GradedCell(
                "handin-residual-block",
                "residual_block",
                (
                    Criterion(
                        "shapes-shown", 3, "The output has the right shape in the three configurations of the lesson."
                    ),
                    Criterion(
                        "shapes-unseen",
                        3,
                        "The output has the right shape in configurations that the lesson did not show.",
                    ),
                    Criterion(
                        "parameter-count",
                        4,
                        "The block has the parameters that were asked for, in every configuration.",
                    ),
                    Criterion("shortcut-identity", 7, "Where the shapes match, the block computes ReLU(F(x) + x)."),
                    Criterion(
                        "shortcut-projection",
                        7,
                        "Where they do not, the block adds a 1×1 projection with batch norm instead of x.",
                    ),
                    Criterion(
                        "eval-mode", 3, "In evaluation mode the block computes the same with its running statistics."
                    ),
                    Criterion("gradients", 3, "Gradients reach the input and every parameter as they should."),
                    Criterion(
                        "training",
                        5,
                        "Trained for some tens of steps, the loss falls just as it does with a right block.",
                    ),
                ),
            ),
        ),
        "03_simple_resnet": (
            GradedCell(
                "handin-simple-resnet",
                "simple_resnet",
                (
                    Criterion(
                        "output-shape", 2, "The network gives ten numbers a picture, for any batch and picture size."
                    ),
                    Criterion("parameter-count", 2, "The network has the number of parameters that was asked for."),
                    Criterion("depth", 3, "Every stage has n blocks, each a block of its own, all known to PyTorch."),
                    Criterion("widths", 2, "The stages have 16, 32 and 64 channels."),
                    Criterion("strides", 3, "The first block of stages 2 and 3 halves the picture, and no other does."),
                    Criterion("order", 2, "Every block runs exactly once, in order."),
                    Criterion(
                        "block-argument", 3, "The network is built from the block that is given, and from no other."
                    ),
                    Criterion("logits", 4, "The outputs are the right logits, in training and in evaluation mode."),
                    Criterion("gradients", 1, "Gradients reach the input and every parameter as they should."),
                    Criterion(
                        "training",
                        2,
                        "Trained for some tens of steps, the loss falls just as it does with a right network.",
                    ),
                    Criterion("own-block", 1, "Without a block argument the network is built from your ResidualBlock."),
                ),
            ),
        ),
        "04_fair_comparison": (
            GradedCell(
                "handin-what-differs",
                "what_differs",
                (
                    Criterion("difference-a", 1, "What makes set-up A unfair is named, and nothing else."),
                    Criterion("difference-b", 1, "What makes set-up B unfair is named, and nothing else."),
                    Criterion("difference-c", 1, "What makes set-up C unfair is named, and nothing else."),
                ),
            ),
            GradedCell(
                "handin-fair-set-ups",
                "fair_set_ups",
                (
                    Criterion("set-up-blocks", 2, "One network is plain and one is residual, both as deep as asked."),
                    Criterion("set-up-equal", 4, "Everything but the block is equal, the seed included."),
                ),
            ),
            GradedCell(
                "handin-accuracy-gap",
                "accuracy_gap",
                (
                    Criterion(
                        "gap-one-seed",
                        3,
                        "With one seed the gap is the difference of the final test accuracies, residual minus plain.",
                    ),
                    Criterion("gap-over-seeds", 3, "With several seeds it is the mean over them."),
                ),
            ),
        ),
    },
    "beyond": {
        "05_gradient_flow": (
            GradedCell(
                "handin-gradient-norms",
                "gradient_norms",
                (
                    Criterion("norms-values", 4, "The norm is right for every parameter, whatever its shape."),
                    Criterion("norms-names", 2, "Every parameter is there under its own name, and nothing else."),
                    Criterion(
                        "norms-without-gradient",
                        2,
                        "Parameters without a gradient are left out; a gradient of zeros is not.",
                    ),
                ),
            ),
            GradedCell(
                "handin-total-gradient-norm",
                "total_gradient_norm",
                (
                    Criterion("total-all", 4, "The length of the whole gradient is right."),
                    Criterion(
                        "total-without-gradient",
                        2,
                        "It is right, too, where some parameters have no gradient or two layers share one.",
                    ),
                ),
            ),
            GradedCell(
                "handin-along",
                "along",
                (
                    Criterion(
                        "along-vectors", 3, "The derivative along a direction is right for functions of vectors."
                    ),
                    Criterion(
                        "along-pictures", 3, "It is right for functions of pictures, whatever comes out of them."
                    ),
                ),
            ),
        ),
        "06_depth_study": (
            GradedCell(
                "handin-padded-shortcut",
                "padded_shortcut",
                (
                    Criterion("padded-shape", 2, "What comes out has the shape that was asked for."),
                    Criterion(
                        "padded-channels", 3, "New channels hold zeros, half of them before the old ones, half after."
                    ),
                    Criterion("padded-stride", 3, "With a stride, every stride-th pixel comes through, and no other."),
                    Criterion(
                        "padded-both", 1, "Both together are right, and neither is done where nothing is to be changed."
                    ),
                    Criterion("padded-gradient", 1, "The gradient finds its way back to the pixels that came through."),
                ),
            ),
            GradedCell(
                "handin-what-went-wrong",
                "what_went_wrong",
                (
                    Criterion("wrong-degradation", 4, "Degradation is recognised, whatever the test error is."),
                    Criterion("wrong-overfitting", 3, "Overfitting is recognised, and not taken for degradation."),
                    Criterion(
                        "wrong-neither", 3, "Where the deeper network is not worse by the margin, nothing is wrong."
                    ),
                ),
            ),
        ),
        "07_loss_landscape": (
            GradedCell(
                "handin-filter-normalise",
                "filter_normalise",
                (
                    Criterion(
                        "filters-conv", 5, "Every filter of a conv layer gets the norm that it has in the weights."
                    ),
                    Criterion("filters-linear", 3, "So does every row of a linear layer."),
                    Criterion("filters-flat", 2, "Tensors of one dimension become zero."),
                    Criterion("filters-zero", 2, "Filters of zeros, in the weights or in the direction, give zeros."),
                ),
            ),
            GradedCell(
                "handin-loss-along",
                "loss_along",
                (
                    Criterion("line-values", 6, "The losses are those at weights + alpha · direction, in order."),
                    Criterion("line-unchanged", 2, "Weights and direction are afterwards what they were before."),
                ),
            ),
        ),
        "08_resnet18_gradcam": (
            GradedCell(
                "handin-grad-cam",
                "grad_cam",
                (
                    Criterion(
                        "cam-shape",
                        2,
                        "There is one map for each picture, with one number for each pixel of the layer.",
                    ),
                    Criterion("cam-one-picture", 5, "For one picture, the map is that of the two equations."),
                    Criterion("cam-batch", 4, "In a batch, every picture has its own map, for its own class."),
                    Criterion(
                        "cam-any-layer", 3, "It is right at any layer: early or late, inside of a block or around it."
                    ),
                ),
            ),
            GradedCell(
                "handin-multiply-adds",
                "multiply_adds",
                (
                    Criterion("cost-same-size", 3, "The number is right where the picture keeps its size."),
                    Criterion(
                        "cost-other-size", 2, "It is right where the picture shrinks: by stride, or without padding."
                    ),
                    Criterion("cost-pairs", 1, "It is right where kernel, stride and padding differ by direction."),
                ),
            ),
        ),
    },
}


def graded_cell(assignment: str, lesson: str, grade_id: str) -> GradedCell | None:
    """The rubric's entry for one cell, or None where the rubric does not know it (graded by hand, say)."""
    for cell in LESSONS.get(assignment, {}).get(lesson, ()):
        if cell.grade_id == grade_id:
            return cell
    return None
