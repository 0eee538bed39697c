"""Wrong residual blocks. Each class differs from the reference in the lines that it overrides, and in nothing else.

`F(x)` is the main path and `s(x)` the shortcut; the right block is ReLU(F(x) + s(x)).
"""

import torch.nn.functional as F
from torch import nn

from autograder.misconceptions import Misconception
from autograder.reference import ResidualBlock

# ---- the shortcut is not there, or is not the input


class NoShortcut(ResidualBlock):
    def make_shortcut(self):
        return nn.Sequential()

    def forward(self, x):
        return F.relu(self.residual(x))


class NoShortcutNoLastRelu(NoShortcut):
    def forward(self, x):
        return self.residual(x)


class _WithoutShortcutLayers(ResidualBlock):
    def make_shortcut(self):
        return nn.Sequential()


class AddsFirstStage(_WithoutShortcutLayers):
    def forward(self, x):
        first = self.first(x)
        return F.relu(self.second(first) + first)


class AddsFirstStageNoLastRelu(_WithoutShortcutLayers):
    def forward(self, x):
        first = self.first(x)
        return self.second(first) + first


class AddsFirstConv(_WithoutShortcutLayers):
    def forward(self, x):
        first = self.conv1(x)
        return F.relu(self.second(F.relu(self.bn1(first))) + first)


class AddsFirstNorm(_WithoutShortcutLayers):
    def forward(self, x):
        first = self.bn1(self.conv1(x))
        return F.relu(self.second(F.relu(first)) + first)


class ShortcutOfFirstStage(ResidualBlock):
    """As AddsFirstStage, but through the shortcut's layers, which fail or halve once more where there are any."""

    def forward(self, x):
        first = self.first(x)
        return F.relu(self.second(first) + self.shortcut(first))


class ShortcutOfFirstConv(ResidualBlock):
    def forward(self, x):
        first = self.conv1(x)
        return F.relu(self.second(F.relu(self.bn1(first))) + self.shortcut(first))


class ShortcutOfFirstNorm(ResidualBlock):
    def forward(self, x):
        first = self.bn1(self.conv1(x))
        return F.relu(self.second(F.relu(first)) + self.shortcut(first))


class RightOnlyWhereItProjects(ResidualBlock):
    """The shortcut's layers get x, and where there are none the first stage is added."""

    def forward(self, x):
        first = self.first(x)
        return F.relu(self.second(first) + (first if self.shapes_match else self.shortcut(x)))


class FirstStageWhereItShouldProject(_WithoutShortcutLayers):
    """x is added as it is where the shapes match, and the first stage, which has the shape, where they do not."""

    def forward(self, x):
        first = self.first(x)
        return F.relu(self.second(first) + (x if self.shapes_match else first))


class TwiceAdded(ResidualBlock):
    def forward(self, x):
        return F.relu(self.residual(x) + 2 * self.shortcut(x))


class AddedAfterEachConv(ResidualBlock):
    def forward(self, x):
        first = F.relu(self.bn1(self.conv1(x)) + self.shortcut(x))
        return F.relu(self.second(first) + self.shortcut(x))


class AddedAfterEachBareConv(ResidualBlock):
    def forward(self, x):
        first = F.relu(self.bn1(self.conv1(x) + self.shortcut(x)))
        return F.relu(self.bn2(self.conv2(first) + self.shortcut(x)))


class AddedAfterEachStage(ResidualBlock):
    def forward(self, x):
        first = self.first(x) + self.shortcut(x)
        return F.relu(self.second(first) + self.shortcut(x))


class AddedAfterEachStageNoLastRelu(ResidualBlock):
    def forward(self, x):
        first = self.first(x) + self.shortcut(x)
        return self.second(first) + self.shortcut(x)


class AddedAgainAfterRelu(ResidualBlock):
    def forward(self, x):
        return F.relu(self.residual(x) + self.shortcut(x)) + self.shortcut(x)


class AddedAgainAfterReluAndRelu(ResidualBlock):
    def forward(self, x):
        return F.relu(F.relu(self.residual(x) + self.shortcut(x)) + self.shortcut(x))


class AddedAlsoAsItIs(ResidualBlock):
    """The shortcut, and x itself, which fits only where the shapes match."""

    def forward(self, x):
        return F.relu(self.residual(x) + self.shortcut(x) + x)


class TwiceWhereItMatches(ResidualBlock):
    def forward(self, x):
        return F.relu(self.residual(x) + self.shortcut(x) + (x if self.shapes_match else 0))


class ShortcutSubtracted(ResidualBlock):
    def forward(self, x):
        return F.relu(self.residual(x) - self.shortcut(x))


class ResidualSubtracted(ResidualBlock):
    def forward(self, x):
        return F.relu(self.shortcut(x) - self.residual(x))


class ShortcutSubtractedNoLastRelu(ResidualBlock):
    def forward(self, x):
        return self.residual(x) - self.shortcut(x)


class ResidualSubtractedNoLastRelu(ResidualBlock):
    def forward(self, x):
        return self.shortcut(x) - self.residual(x)


# ---- the ReLUs


class ReluBeforeAdd(ResidualBlock):
    def forward(self, x):
        return F.relu(self.residual(x)) + self.shortcut(x)


class ReluBeforeAndAfterAdd(ResidualBlock):
    def forward(self, x):
        return F.relu(F.relu(self.residual(x)) + self.shortcut(x))


class NoFinalRelu(ResidualBlock):
    def forward(self, x):
        return self.residual(x) + self.shortcut(x)


class NoReluBetween(ResidualBlock):
    def first(self, x):
        return self.bn1(self.conv1(x))


class PreActivation(ResidualBlock):
    """He et al. (2016b): BN and ReLU before each conv."""

    skip_from_activated = final_relu = project_with_norm = keeps_bn1 = False

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        if not self.keeps_bn1:  # else it fits where the number of channels stays the same
            self.bn1 = nn.BatchNorm2d(in_channels)

    def make_projection(self):
        return super().make_projection() if self.project_with_norm else super().make_projection()[:1]

    def forward(self, x):
        activated = F.relu(self.bn1(x))
        out = self.conv2(F.relu(self.bn2(self.conv1(activated))))
        out = out + self.shortcut(self.skip(x, activated))
        return F.relu(out) if self.final_relu else out

    def skip(self, x, activated):
        return activated if self.skip_from_activated else x


class PreActivationSkipFromActivatedWhereProjected(PreActivation):
    """As He et al. (2016b) do it: the projection, where there is one, starts after the first BN and ReLU."""

    def skip(self, x, activated):
        return x if self.shapes_match else activated


PRE_ACTIVATIONS = tuple(
    type(
        "PreActivation",
        (base,),
        {"skip_from_activated": activated, "final_relu": relu, "project_with_norm": norm, "keeps_bn1": keeps},
    )
    for base in (PreActivation, PreActivationSkipFromActivatedWhereProjected)
    for keeps in (False, True)
    for activated in (False, True)
    for relu in (False, True)
    for norm in (False, True)
    if not (activated and base is PreActivationSkipFromActivatedWhereProjected)
)


# ---- the batch norms


class MissingBn1(ResidualBlock):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.bn1 = nn.Identity()


class MissingBn2(ResidualBlock):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.bn2 = nn.Identity()


class MissingBoth(ResidualBlock):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.bn1 = self.bn2 = nn.Identity()


class ProjectionWithoutBn(ResidualBlock):
    def make_projection(self):
        return super().make_projection()[:1]


class NoBnAnywhere(ProjectionWithoutBn, MissingBoth):
    pass


class SharedBn(ResidualBlock):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.bn2 = self.bn1


class SharedWithProjection(ResidualBlock):
    shared = "bn2"

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        if not self.shapes_match:
            self.shortcut[1] = getattr(self, self.shared)


class SharedEverywhere(SharedBn):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        if not self.shapes_match:
            self.shortcut[1] = self.bn1


# ---- the projection


class ProjectionAlways(ResidualBlock):
    def make_shortcut(self):
        return self.make_projection()


class ProjectionAlwaysWithoutBn(ProjectionWithoutBn, ProjectionAlways):
    pass


class ProjectionMissing(ResidualBlock):
    def make_shortcut(self):
        return nn.Sequential()


class ProjectsForStrideOnly(ResidualBlock):
    def make_shortcut(self):
        return self.make_projection() if self.stride != 1 else nn.Sequential()


class ProjectsForChannelsOnly(ResidualBlock):
    def make_shortcut(self):
        return self.make_projection() if self.in_channels != self.out_channels else nn.Sequential()


class ProjectsForBothOnly(ResidualBlock):
    def make_shortcut(self):
        both = self.stride != 1 and self.in_channels != self.out_channels
        return self.make_projection() if both else nn.Sequential()


class ProjectsForGrowthOnly(ResidualBlock):
    def make_shortcut(self):
        return self.make_projection() if self.in_channels < self.out_channels else nn.Sequential()


class ProjectsForStrideOrGrowthOnly(ResidualBlock):
    def make_shortcut(self):
        needed = self.stride != 1 or self.in_channels < self.out_channels
        return self.make_projection() if needed else nn.Sequential()


class ProjectsWhereItMatchesOnly(ResidualBlock):
    """The condition the wrong way round."""

    def make_shortcut(self):
        return self.make_projection() if self.shapes_match else nn.Sequential()


class ProjectsWithoutStride(ResidualBlock):
    def make_projection(self):
        return nn.Sequential(
            nn.Conv2d(self.in_channels, self.out_channels, 1, bias=False), nn.BatchNorm2d(self.out_channels)
        )


class ProjectsChannelsWithoutStride(ProjectsForChannelsOnly, ProjectsWithoutStride):
    pass


class _DroppedWhereItDoesNotFit:
    """The shortcut is left out where its shape is not that of F(x)."""

    def forward(self, x):
        out, skip = self.residual(x), self.shortcut(x)
        return F.relu(out + skip) if out.shape == skip.shape else F.relu(out)


HALF_PROJECTIONS = (
    ProjectionMissing,
    ProjectsForStrideOnly,
    ProjectsForChannelsOnly,
    ProjectsForBothOnly,
    ProjectsForGrowthOnly,
    ProjectsForStrideOrGrowthOnly,
    ProjectsWhereItMatchesOnly,
)
DROPPED = tuple(type(f"Dropped{base.__name__}", (_DroppedWhereItDoesNotFit, base), {}) for base in HALF_PROJECTIONS)


class Projection3x3(ResidualBlock):
    def make_projection(self):
        return nn.Sequential(
            nn.Conv2d(self.in_channels, self.out_channels, 3, stride=self.stride, padding=1, bias=False),
            nn.BatchNorm2d(self.out_channels),
        )


class Projection3x3WithoutBn(ProjectionWithoutBn, Projection3x3):
    pass


class Projection3x3Always(ProjectionAlways, Projection3x3):
    pass


class PadShortcut(ResidualBlock):
    """He et al. (2016), option A: zeros for the new channels, pictures subsampled."""

    subsample, pad = "slice", "after"

    def make_shortcut(self):
        return nn.Sequential()

    def forward(self, x):
        out = self.residual(x)
        return F.relu(out + self.padded(x, out))

    def padded(self, x, out):
        if self.stride != 1:
            x = {
                "slice": lambda: x[:, :, :: self.stride, :: self.stride],
                "average": lambda: F.avg_pool2d(x, self.stride),
                "average-up": lambda: F.avg_pool2d(x, self.stride, ceil_mode=True),
                "adaptive": lambda: F.adaptive_avg_pool2d(x, out.shape[2:]),
                "average-3": lambda: F.avg_pool2d(x, 3, self.stride, padding=1),
                "max": lambda: F.max_pool2d(x, self.stride),
                "max-up": lambda: F.max_pool2d(x, self.stride, ceil_mode=True),
                "nearest": lambda: F.interpolate(x, size=out.shape[2:]),
                "bilinear": lambda: F.interpolate(x, size=out.shape[2:], mode="bilinear"),
            }[self.subsample]()
        more = self.out_channels - self.in_channels
        if more < 0:
            return x[:, : self.out_channels]
        before = {"after": 0, "before": more, "both": more // 2}[self.pad]
        return F.pad(x, (0, 0, 0, 0, before, more - before))


class PadShortcutForDoubling(PadShortcut):
    """A common copy, made for blocks that double the channels and stride: it fits no others."""

    always_subsample = False

    def padded(self, x, out):
        if self.shapes_match:
            return x
        step = 2 if self.always_subsample else self.stride
        quarter = self.out_channels // 4
        return F.pad(x[:, :, ::step, ::step], (0, 0, 0, 0, quarter, quarter))


class PadShortcutForDoublingAlways(PadShortcutForDoubling):
    always_subsample = True


class PadShortcutSubsampledAlways(PadShortcut):
    """Subsamples wherever the shapes differ, also where only the channels do."""

    def padded(self, x, out):
        return x if self.shapes_match else super().padded(x[:, :, ::2, ::2] if self.stride == 1 else x, out)


PADDED = tuple(
    type("PadShortcut", (PadShortcut,), {"subsample": subsample, "pad": pad})
    for subsample in (
        "slice",
        "average",
        "average-up",
        "adaptive",
        "average-3",
        "max",
        "max-up",
        "nearest",
        "bilinear",
    )
    for pad in ("after", "before", "both")
) + (PadShortcutForDoubling, PadShortcutForDoublingAlways, PadShortcutSubsampledAlways)


class StrideOnSecondConv(ResidualBlock):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, stride=stride, padding=1, bias=False)


# ---- the input is not what it was


class InputActivatedFirst(ResidualBlock):
    def forward(self, x):
        x = F.relu(x)
        return F.relu(self.residual(x) + self.shortcut(x))


class InputActivatedFirstNoLastRelu(ResidualBlock):
    def forward(self, x):
        x = F.relu(x)
        return self.residual(x) + self.shortcut(x)


class InputActivatedBeforeAdd(ResidualBlock):
    def forward(self, x):
        return F.relu(self.residual(x) + self.shortcut(F.relu(x)))


class ShortcutFirst(ResidualBlock):
    """x is rebound to shortcut(x), which then goes through the main path, too, and fits only where nothing changes."""

    def forward(self, x):
        x = self.shortcut(x)
        return F.relu(self.residual(x) + x)


class MainPathAddedToItself(_WithoutShortcutLayers):
    """x is rebound to F(x), which is then added to F(x)."""

    def forward(self, x):
        x = self.residual(x)
        return F.relu(x + x)


class MainPathThroughShortcut(ResidualBlock):
    def forward(self, x):
        x = self.residual(x)
        return F.relu(x + self.shortcut(x))


class SumAddedToItself(ResidualBlock):
    def forward(self, x):
        x = self.residual(x) + self.shortcut(x)
        return F.relu(x + x)


class ActivatedSumAddedToItself(ResidualBlock):
    def forward(self, x):
        x = F.relu(self.residual(x) + self.shortcut(x))
        return x + x


class SumThroughShortcut(ResidualBlock):
    """`x += F(x)` first, then `F(x) + shortcut(x)`."""

    def forward(self, x):
        out = self.residual(x)
        return F.relu(out + self.shortcut(x + out))


class ResidualActivatedAddedToItself(_WithoutShortcutLayers):
    def forward(self, x):
        x = F.relu(self.residual(x))
        return x + x


BLOCKS = (
    Misconception(
        "no-shortcut",
        "The block returns what its two conv layers compute, F(x), and the input never joins it. That is a plain block:"
        " to pass its input on unchanged it would have to learn the identity with its weights, and deep stacks of such"
        " blocks fail at that.",
        "Follow x through your forward: where does it come back in after the second batch norm?",
        (NoShortcut, NoShortcutNoLastRelu),
    ),
    Misconception(
        "shortcut-after-first-conv",
        "What is added at the end is not the block's input but what the first conv stage made of it. So the path around"
        " the block still goes through a conv layer, and nothing can pass unchanged.",
        "At which moment do you take hold of what will be added later? Compare it with what came into the block.",
        (
            AddsFirstStage,
            AddsFirstStageNoLastRelu,
            AddsFirstConv,
            AddsFirstNorm,
            ShortcutOfFirstStage,
            ShortcutOfFirstConv,
            ShortcutOfFirstNorm,
            RightOnlyWhereItProjects,
            FirstStageWhereItShouldProject,
        ),
    ),
    Misconception(
        "shortcut-twice",
        "The input is added more than once. One addition is what makes F(x) the difference between output and input;"
        " with two, the identity counts double, block after block.",
        "Count the plus signs that x meets on its way through forward, loops and helper functions included.",
        (
            TwiceAdded,
            AddedAlsoAsItIs,
            AddedAfterEachConv,
            AddedAfterEachBareConv,
            AddedAfterEachStage,
            AddedAfterEachStageNoLastRelu,
            AddedAgainAfterRelu,
            AddedAgainAfterReluAndRelu,
            TwiceWhereItMatches,
        ),
    ),
    Misconception(
        "shortcut-subtracted",
        "The two paths are subtracted. It sounds like a residual, H(x) − x, but that difference is what the main path"
        " learns; to get H(x) back, the block puts x back in.",
        "Write H(x) = F(x) ± x on paper for the case F(x) = 0. What should the block return then?",
        (ShortcutSubtracted, ResidualSubtracted, ShortcutSubtractedNoLastRelu, ResidualSubtractedNoLastRelu),
    ),
    Misconception(
        "relu-before-add",
        "F(x) passes a ReLU and is added after that. So a block can only ever add to its input, never take away, and"
        " activations grow from block to block.",
        "Should the correction F(x) be allowed to be negative? Look at what stands last before the addition, and last of all.",
        (ReluBeforeAdd,),
    ),
    Misconception(
        "relu-before-and-after-add",
        "There is a ReLU on F(x) before the addition and one after it. The first one keeps F(x) from ever being negative,"
        " so the block cannot take anything away from its input.",
        "One of the ReLUs in your forward is one too many. Which one stops F(x) from being a correction in both directions?",
        (ReluBeforeAndAfterAdd,),
    ),
    Misconception(
        "no-final-relu",
        "The sum leaves the block as it is, without the ReLU that follows the addition.",
        "What would you see if you looked for negative numbers in your block's output, and in the plain block's?",
        (NoFinalRelu,),
    ),
    Misconception(
        "no-relu-between-convs",
        "Between the two conv layers there is no ReLU. Two linear maps in a row are one linear map: the second layer adds"
        " parameters, but hardly anything that the first could not do.",
        "Compare the middle of your main path with that of PlainBlock.",
        (NoReluBetween,),
    ),
    Misconception(
        "pre-activation",
        "Batch norm and ReLU come before each conv layer. That is the later “pre-activation” block (He et al., 2016,"
        " “Identity Mappings in Deep Residual Networks”): a good one, but another one than this lesson builds.",
        "Read the recipe once more: what does x meet first, the conv layer or the batch norm?",
        PRE_ACTIVATIONS,
    ),
    Misconception(
        "missing-bn",
        "A conv layer of the main path is not followed by a batch norm. Without it the size of F(x) drifts from block to"
        " block, and the learning rate that suits one depth does not suit the next.",
        "Count in forward: two conv layers on the main path, and how many batch norms?",
        (MissingBn1, MissingBn2, MissingBoth, NoBnAnywhere),
    ),
    Misconception(
        "shared-bn",
        "One and the same batch norm is used in two places. Each place has its own statistics, mean and variance, and one"
        " module can only keep one set: in evaluation mode at least one of them is wrong.",
        "Which batch norm objects does __init__ make, and which does forward call? Draw a line from each call to its object.",
        (
            SharedBn,
            SharedWithProjection,
            type("SharedFirst", (SharedWithProjection,), {"shared": "bn1"}),
            SharedEverywhere,
        ),
    ),
    Misconception(
        "projection-without-bn",
        "The projection is a bare 1×1 conv. Main path and shortcut meet at the addition, and only one of them is normalised.",
        "What follows every other conv layer in this block?",
        (ProjectionWithoutBn, ProjectionAlwaysWithoutBn, Projection3x3WithoutBn, NoBnAnywhere),
    ),
    Misconception(
        "projection-always",
        "The shortcut goes through a 1×1 conv even where the shapes match already. Then no path through the network is free"
        " of weights, and passing x on unchanged is something to be learned again.",
        "For a block with 16 channels in, 16 out and stride 1: what has to be done to x before it can be added?",
        (ProjectionAlways, ProjectionAlwaysWithoutBn, Projection3x3Always, ProjectsWhereItMatchesOnly),
    ),
    Misconception(
        "projection-missing",
        "Where the block changes the number of channels or the size of the picture, x does not have the shape of F(x), and"
        " nothing (or not in every such case) makes it fit.",
        "Go through the four combinations of stride 1 or 2 with equal or different channels: in which of them can x be added"
        " as it is?",
        (*HALF_PROJECTIONS, ProjectsWithoutStride, ProjectsChannelsWithoutStride, *DROPPED),
    ),
    Misconception(
        "projection-3x3",
        "The projection is a 3×3 conv. It should only bring x into the right shape, and stay as close to x as it can; a 3×3"
        " conv mixes neighbouring pixels and has nine times the weights.",
        "What is the smallest kernel that can change the number of channels?",
        (Projection3x3, Projection3x3WithoutBn, Projection3x3Always),
    ),
    Misconception(
        "pad-shortcut",
        "Where shapes differ, x is subsampled and filled up with channels of zeros. That is option A of He et al. (2016),"
        " a valid design without parameters; asked for is option B, a learned projection.",
        "TODO 2 asks for layers on the shortcut. Which layer changes the number of channels and can stride?",
        PADDED,
        undecided=frozenset({"fewer", "fewer-same-size"}),
    ),
    Misconception(
        "stride-on-second-conv",
        "The second conv layer strides instead of the first. The shapes come out right, and the first layer works on four"
        " times the pixels for nothing.",
        "Which of the two conv layers gets the stride in PlainBlock?",
        (StrideOnSecondConv,),
    ),
    Misconception(
        "input-modified-in-place",
        "By the time of the addition, x is no longer the input of the block: it was changed in place, or the name x was"
        " given to something else on the way.",
        "Print x.mean() in the first line of forward and again just before the addition. Which line in between changed it?",
        (
            AddsFirstStage,
            AddsFirstConv,
            AddsFirstNorm,
            ShortcutOfFirstStage,
            ShortcutOfFirstConv,
            ShortcutOfFirstNorm,
            InputActivatedFirst,
            InputActivatedFirstNoLastRelu,
            InputActivatedBeforeAdd,
            ShortcutFirst,
            MainPathAddedToItself,
            MainPathThroughShortcut,
            SumAddedToItself,
            ActivatedSumAddedToItself,
            SumThroughShortcut,
            ResidualActivatedAddedToItself,
        ),
    ),
)
