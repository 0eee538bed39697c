"""Wrong networks. Most show in which blocks were built and which ran; two only in what comes out."""

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

from autograder.misconceptions import Misconception
from autograder.reference import SimpleResNet


class StemWithoutBn(SimpleResNet):
    def __init__(self, n_blocks: int, block: Callable):
        super().__init__(n_blocks, block)
        self.bn1 = nn.Identity()


class StemWithoutRelu(SimpleResNet):
    def stem(self, x: torch.Tensor) -> torch.Tensor:
        return self.bn1(self.conv1(x))


class BareStem(StemWithoutBn):
    def stem(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv1(x)


def with_outputs(training: Callable, evaluation: Callable) -> type[SimpleResNet]:
    """The network whose logits go through one function in training mode and through another in evaluation mode."""

    class Softmaxed(SimpleResNet):
        def head(self, x: torch.Tensor) -> torch.Tensor:
            return (training if self.training else evaluation)(super().head(x))

    return Softmaxed


logits, softmax, log_softmax = nn.Identity(), partial(F.softmax, dim=1), partial(F.log_softmax, dim=1)

NETWORKS = {
    misconception.id: misconception
    for misconception in (
        Misconception(
            "wrong-depth",
            "A stage has not the n blocks that it should have. The first block of a stage, which may halve the picture, is one"
            " of the n.",
            "Call your _make_stage with n_blocks=1, then 2, and count the blocks in what it returns.",
        ),
        Misconception(
            "no-downsampling",
            "Stage 2 or stage 3 keeps the size of the picture. Each of them should halve it while it doubles the channels: that"
            " keeps the cost of a stage equal, and lets later layers see more of the picture.",
            "Print the shape after each stage for a 32×32 picture. Which sizes do you expect?",
        ),
        Misconception(
            "downsamples-every-block",
            "Every block of a stage strides, so the picture shrinks with every block until hardly anything is left of it.",
            "How many blocks of a stage should halve the picture? Which stride do the others get?",
        ),
        Misconception(
            "wrong-widths",
            "The stages have other numbers of channels than 16, 32 and 64.",
            "Compare the channels that you give each stage with those in PlainDeepCNN.",
        ),
        Misconception(
            "four-stages",
            "The network follows the plan of ResNet-18, which is made for large pictures of a thousand kinds: four stages, or"
            " 64 channels and more. The one asked for is He et al.'s plan for small pictures: three stages of 16, 32 and 64"
            " channels, with a hundredth of the parameters.",
            "Look at the plan in this lesson again: how many stages does it have, and how wide is each?",
        ),
        Misconception(
            "shared-block",
            "One block object is repeated. The list has many entries, and all are the same block with the same weights: a"
            " network that is deep to look at and shallow in what it can learn.",
            "Compare id(stage[0]) with id(stage[1]), or count the parameters for n_blocks=2 and 4.",
        ),
        Misconception(
            "unregistered-blocks",
            "The blocks are kept where PyTorch does not look, in a plain Python list or dict. They run, but parameters() does"
            " not hold theirs: the optimiser never trains them, and .to(device) leaves them behind.",
            "What does sum(p.numel() for p in net.parameters()) say? Which containers of torch.nn hold modules?",
        ),
        Misconception(
            "stage-skipped",
            "The stages do not run one after the other, each once: one is left out, or they run in another order.",
            "Follow the variable through your forward: which stage gets the output of which?",
        ),
        Misconception(
            "bare-stem",
            "Between the first conv layer and stage 1, batch norm or ReLU (or both) is missing.",
            "Compare the first line of your forward with that of PlainDeepCNN.",
            (StemWithoutBn, StemWithoutRelu, BareStem),
        ),
        Misconception(
            "softmax-output",
            "The network returns probabilities (or their logarithms) instead of logits. Cross-entropy applies softmax by itself;"
            " with a second one the gradients become small and training slow.",
            "What does nn.CrossEntropyLoss expect as its input? Look into its documentation.",
            (
                *(
                    with_outputs(one, other)
                    for one in (softmax, log_softmax)
                    for other in (softmax, log_softmax, logits)
                ),
                *(with_outputs(logits, other) for other in (softmax, log_softmax)),
            ),
        ),
        Misconception(
            "block-argument-ignored",
            "The network is built from another block than the one that it is given. With the argument, one class makes both the"
            " residual network and, with PlainBlock, the plain one that it is compared with.",
            "Search your class for the name ResidualBlock. Where should the argument stand instead?",
        ),
        Misconception(
            "plain-blocks",
            "The network is built from PlainBlock: it has no shortcut at all.",
            "Which class should be the default of the argument block, and which name does your stage use?",
        ),
    )
}
