"""All that the judge knows, by hand-in: what diagnosis, audit and class report look through."""

from autograder.misconceptions import Misconception
from autograder.misconceptions.attention import ATTENTION
from autograder.misconceptions.blocks import BLOCKS
from autograder.misconceptions.depth import DEPTH
from autograder.misconceptions.functions import FUNCTIONS
from autograder.misconceptions.gradients import GRADIENTS
from autograder.misconceptions.landscape import LANDSCAPE
from autograder.misconceptions.networks import NETWORKS

KNOWN: dict[str, tuple[Misconception, ...]] = {
    "residual_block": tuple(BLOCKS),
    "simple_resnet": tuple(NETWORKS.values()),
    **FUNCTIONS,
    **GRADIENTS,
    **LANDSCAPE,
    **ATTENTION,
    **DEPTH,
}
