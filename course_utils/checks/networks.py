"""Checks of lessons 01 to 04: counting, the block, the network, the fair comparison."""

from collections.abc import Callable, Iterator, Set
from dataclasses import asdict, dataclass, fields, is_dataclass

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.parameter import UninitializedParameter

from course_utils.checks.saying import Finding, as_list, attempt, compare_number, shape_of, show_findings, what_was_seen
from course_utils.measurements.functions import names_in
from course_utils.models import PlainBlock, PlainDeepCNN, count_main_path_convs, count_parameters
from course_utils.training import History, Recipe, SetUp


@dataclass(frozen=True)
class _BlockCase:
    """A block to build, how many parameters it should have, and what a difference from that number may come from."""

    in_channels: int
    out_channels: int
    stride: int
    parameters: int
    hints: dict[int, str]

    @property
    def changes_shape(self) -> bool:
        return (self.in_channels, 1) != (self.out_channels, self.stride)

    def __str__(self) -> str:
        return f"ResidualBlock({self.in_channels}, {self.out_channels}, stride={self.stride})"


_OWN_BN = "has every convolution, in the shortcut too, a batch norm of its own?"
_SAME_SHAPE = {
    288: "does x need a projection where it has the right shape already?",
    256: "does x need a projection where it has the right shape already?",
    -32: "has every convolution a batch norm of its own?",
    -64: "has every convolution a batch norm of its own?",
}
_OTHER_SHAPE = {
    -576: "what turns x into the new shape?",
    -64: _OWN_BN,
    -128: _OWN_BN,
    -192: _OWN_BN,
    4096: "how big must the kernel of the projection be, if all it does is change the shape?",
}
# Two 3x3 convolutions and two batch norms; in the last two cases a 1x1 convolution with its batch norm besides.
_BLOCK_CASES = (
    _BlockCase(16, 16, 1, 4_672, _SAME_SHAPE),
    _BlockCase(16, 32, 1, 14_528, _OTHER_SHAPE),
    _BlockCase(16, 32, 2, 14_528, _OTHER_SHAPE),
)
_RESNET_PARAMETERS = 272_474
"""Of 3 blocks a stage, 19 conv layers on the main path, with projections where the shape changes."""


def check_count_conv_layers(function: Callable[[int], int]) -> None:
    """Compare `count_conv_layers(n_blocks)` with the convolutions that are found in real plain networks."""

    def findings() -> Iterator[Finding]:
        for n_blocks in (1, 3, 5, 9):
            what = f"count_conv_layers({n_blocks})"
            expected = count_main_path_convs(PlainDeepCNN(n_blocks))
            questions = {
                expected + 1: "is the last, fully connected layer a convolution?",
                expected - 1: "which convolution comes before the first stage?",
                (expected - 1) // 2 + 1: "how many convolutions has one block?",
                (expected - 1) // 3 + 1: "how many stages are there?",
            }
            yield from compare_number(what, function, (n_blocks,), expected, questions)

    show_findings(findings())


def check_plain_block_parameters(function: Callable[[int, int], int]) -> None:
    """Compare `plain_block_parameters(in_channels, out_channels)` with what real plain blocks hold."""

    def findings() -> Iterator[Finding]:
        for channels in ((16, 16), (16, 32), (3, 8)):
            block = PlainBlock(*channels)
            expected = count_parameters(block)
            norms = sum(count_parameters(m) for m in block.modules() if isinstance(m, nn.BatchNorm2d))
            questions = {
                expected - norms: "which layers besides the convolutions learn something?",
                expected
                - norms // 2: "how many numbers does one batch norm learn for each channel, and how many are there?",
                expected + norms // 2: "do these convolutions have a bias?",
                expected + norms: "which numbers of a batch norm are learned, and which only observed?",
            }
            what = f"plain_block_parameters({channels[0]}, {channels[1]})"
            yield from compare_number(what, function, channels, expected, questions)

    show_findings(findings())


def check_residual_block(cls: type) -> None:
    """Check the shapes and parameter counts of `ResidualBlock` in three configurations, and that x comes through.

    The pictures are (2, in_channels, 32, 32). That x comes through is seen with every parameter set to zero: then
    F(x) = 0, and what is left is ReLU(x).
    """

    def findings() -> Iterator[Finding]:
        for case in _BLOCK_CASES:
            x = torch.randn(2, case.in_channels, 32, 32)
            block, problem = attempt(str(case), cls, case.in_channels, case.out_channels, stride=case.stride)
            if problem is None:
                out, problem = attempt(f"{case} on pictures {shape_of(x)}", block, x.clone())
            if problem is not None:
                if "must match" in problem and case.changes_shape:
                    problem += " Two tensors of different shapes meet there: what has to happen to x first?"
                yield False, problem
                continue
            yield _block_shape(case, x, out)
            if isinstance(out, torch.Tensor):
                yield from _parameter_count(str(case), block, out, case.parameters, case.hints)
        yield from _x_comes_through(cls)

    show_findings(findings())


def check_simple_resnet(cls: type) -> None:
    """Check `SimpleResNet(n_blocks=3, block=ResidualBlock)`: output shape, logits and parameter counts.

    Built from PlainBlock it must be the provided plain network, parameter for parameter; so the network is checked
    whatever the block is like.
    """

    def findings() -> Iterator[Finding]:
        for n_blocks in (3, 2):
            yield from _plain_twin(cls, n_blocks)
        x = torch.randn(2, 3, 32, 32)
        net, problem = attempt("SimpleResNet(n_blocks=3)", cls, n_blocks=3)
        if problem is None:
            out, problem = attempt(f"SimpleResNet(n_blocks=3) on pictures {shape_of(x)}", net, x)
        if problem is not None:
            yield False, problem
            return
        yield _network_shape("SimpleResNet(n_blocks=3)", x, out)
        if not isinstance(out, torch.Tensor):
            return
        if out.ndim == 2:
            yield _are_logits(out)
        yield from _parameter_count("SimpleResNet(n_blocks=3)", net, out, _RESNET_PARAMETERS, {})
        small = torch.randn(1, 3, 8, 8)
        out, problem = attempt(
            f"SimpleResNet(n_blocks=3) in evaluation, on one picture {shape_of(small)}", net.eval(), small
        )
        yield (
            (False, problem)
            if problem is not None
            else _network_shape("the same in evaluation, on one small picture", small, out)
        )

    show_findings(findings())


def check_differences(answer: dict[str, set[str]], set_ups: dict[str, tuple[SetUp, SetUp]] | None = None) -> None:
    """Check the form of `what_differs`, and against `set_ups` (name -> the two records) what it says.

    answer: for each pair of set-ups the names of the fields that differ besides `block`.
    """

    def findings() -> Iterator[Finding]:
        known = [field.name for field in fields(SetUp)]
        if not isinstance(answer, dict):
            yield False, f'what_differs is {what_was_seen(answer)}; expected a dict such as {{"A": {{"seed"}}, …}}'
            return
        for name in set_ups or ("A", "B", "C"):
            if name not in answer or answer[name] is ... or answer[name] is None:
                yield False, f"{name}: no answer yet; what differs besides the block?"
                continue
            given = set(names_in(answer[name])) if isinstance(answer[name], str) else answer[name]
            if not isinstance(given, Set | list | tuple) or not all(isinstance(f, str) for f in given):
                yield False, f'{name}: found {what_was_seen(given)}; expected names of fields, such as {{"seed"}}'
            elif unknown := sorted(set(given) - set(known)):
                yield False, f"{name}: {as_list(unknown)} is no field of a SetUp; those are {as_list(known)}"
            elif not given:
                yield False, f"{name}: names no field; compare the two columns once more, line by line"
            elif "block" in given:
                yield False, f"{name}: the block is what we want to compare; what differs besides it?"
            elif set_ups is None:
                yield True, f"{name}: {as_list(sorted(given))}"
            else:
                yield _differences(name, set(given), *set_ups[name])

    show_findings(findings())


def check_fair_set_ups(function: Callable[[int, int], dict[str, SetUp]]) -> None:
    """Check that `fair_set_ups(n_blocks, seed)` gives two set-ups that differ in the block alone."""

    def findings() -> Iterator[Finding]:
        for n_blocks, seed in ((5, 0), (3, 7)):
            what = f"fair_set_ups({n_blocks}, {seed})"
            answer, problem = attempt(what, function, n_blocks, seed)
            if problem is not None:
                yield False, problem
            elif not isinstance(answer, dict) or set(answer) != {"plain", "residual"}:
                yield (
                    False,
                    f'{what} returned {what_was_seen(answer)}; expected a dict with the keys "plain" and "residual"',
                )
            else:
                yield from _fairness(what, answer, {"n_blocks": n_blocks, "seed": seed})

    show_findings(findings())


def check_accuracy_gap(function: Callable[[dict[str, tuple[History, ...]]], float]) -> None:
    """Check `accuracy_gap(histories)` on small made-up histories of one seed and of three, whose gaps are known."""
    close = "the final epoch of each run, please"
    cases = (
        (
            "one seed, final test accuracies 50 % and 80 %",
            {"plain": [(20, 58, 50)], "residual": [(30, 85, 80)]},
            30,
            {-30: "which is to be subtracted from which?", 0.3: "in percentage points, please", 10: close, 27: close},
        ),
        (
            "three seeds, final test accuracies 50, 52, 60 % and 80, 90, 91 %",
            {
                "plain": [(20, 58, 50), (20, 57, 52), (20, 61, 60)],
                "residual": [(30, 85, 80), (30, 92, 90), (30, 93, 91)],
            },
            33,
            {
                99: "what is the mean over the seeds?",
                30: "what about the other seeds?",
                31: "what about the other seeds?",
            },
        ),
        (
            "one seed, final test accuracies 70 % and 65 %",
            {"plain": [(20, 30, 70)], "residual": [(20, 30, 65)]},
            -5,
            {5: "here the plain network is the better one; what should the gap say then?"},
        ),
    )
    training = {38: "which accuracy is meant, that on the training or that on the test pictures?"}

    def findings() -> Iterator[Finding]:
        for what, curves, gap, questions in cases:
            histories = {
                "plain": tuple(_made_up_history(curve, 61.0) for curve in curves["plain"]),
                "residual": tuple(_made_up_history(curve, 99.0) for curve in curves["residual"]),
            }
            yield from compare_number(what, function, (histories,), gap, {**training, **questions}, tolerance=1e-3)

    show_findings(findings())


def _parameter_count(
    what: str, model: nn.Module, out: torch.Tensor, expected: int, hints: dict[int, str]
) -> Iterator[Finding]:
    """Whether `model` learns `expected` numbers; convolutions may have biases, and unused parameters do not count."""
    sizes, problem = attempt(f"{what}: going backward", _parameters_in_use, model, out)
    yield (False, problem) if problem is not None else _counted(what, *sizes, expected, hints)


def _counted(what: str, total: int, biases: list[int], expected: int, hints: dict[int, str]) -> Finding:
    optional = {0}  # what the biases of some of the convolutions may amount to
    for size in biases:
        optional |= {amount + size for amount in optional}
    difference = total - expected
    if difference in optional:
        note = f", and {difference} biases of convolutions (fine, though batch norm cancels them)" if difference else ""
        return True, f"{what}: {expected:,} parameters{note}"
    difference -= max(optional)
    amount = f"{abs(difference):,} {'more' if difference > 0 else 'fewer'}"
    note = f", not counting {max(optional)} biases of convolutions" if max(optional) else ""
    question = hints.get(difference, "compare print(...) of it with the table or the diagram above")
    return (
        False,
        f"{what} has {expected + difference:,} parameters{note}; expected {expected:,}, so {amount}: {question}",
    )


def _parameters_in_use(model: nn.Module, out: torch.Tensor) -> tuple[int, list[int]]:
    """How many parameters `out` depends on, and the sizes of those among them that are biases of convolutions.

    A bias that is kept apart from its convolution is known by its gradient: a batch norm follows, which leaves none of it.
    """
    parameters = [p for p in _parameters(model) if p.requires_grad]
    if not out.requires_grad or not parameters:
        return sum(p.numel() for p in parameters), []
    gradients = torch.autograd.grad(out, parameters, torch.randn_like(out), allow_unused=True)
    used = [
        (p, gradient.abs().max()) for p, gradient in zip(parameters, gradients, strict=True) if gradient is not None
    ]
    biases = {id(m.bias) for m in model.modules() if isinstance(m, nn.modules.conv._ConvNd) and m.bias is not None}
    largest = max((most for _, most in used), default=0)
    for p, most in used:
        if p.numel() == max(p.shape, default=0) and most <= 1e-4 * largest:
            biases.add(id(p))
    return sum(p.numel() for p, _ in used), [p.numel() for p, _ in used if id(p) in biases]


def _parameters(model: nn.Module) -> list[nn.Parameter]:
    """All but those of lazy layers that have not run, which are none yet."""
    return [p for p in model.parameters() if not isinstance(p, UninitializedParameter)]


# Blocks


def _block_shape(case: _BlockCase, x: torch.Tensor, out: object) -> Finding:
    side = x.shape[-1] // case.stride
    expected = (2, case.out_channels, side, side)
    if not isinstance(out, torch.Tensor):
        hint = ": does forward end with `return`?" if out is None else ""
        return False, f"{case}: forward returned {what_was_seen(out)}; expected a tensor {expected}{hint}"
    seen = tuple(out.shape)
    if seen == expected:
        return True, f"{case}: {shape_of(x)} → {seen}"
    question = "what does each layer do to the shape?"
    if len(seen) == 4 and seen[1] != expected[1]:
        question = "which layer should change the number of channels?"
    elif len(seen) == 4 and case.stride == 2 and seen[2:] == (32, 32):
        question = "which layer should halve the picture?"
    elif len(seen) == 4 and seen[2:] == (8, 8):
        question = "how often is the picture halved?"
    elif len(seen) == 4 and seen[2] < expected[2]:
        question = "what keeps a 3×3 convolution from eating the border of the picture?"
    return False, f"{case}: your block returned {seen} for stride {case.stride}; expected {expected}: {question}"


def _x_comes_through(cls: type) -> Iterator[Finding]:
    """With all parameters zero, F(x) = 0; then a block whose shape does not change returns ReLU(x)."""
    what = "with every parameter set to zero, F(x) = 0"
    x = torch.randn(2, 16, 8, 8)
    block, problem = attempt("ResidualBlock(16, 16)", cls, 16, 16)
    if problem is None and isinstance(block, nn.Module):
        _, problem = attempt("ResidualBlock(16, 16)", block, x.clone())  # gives lazy layers their shapes
    if problem is not None or not isinstance(block, nn.Module):
        return  # said above already
    with torch.no_grad():
        for parameter in _parameters(block):
            parameter.zero_()
        out, problem = attempt(f"{what}: the block", block, x.clone())
    if problem is not None or not isinstance(out, torch.Tensor) or out.shape != x.shape:
        return
    known = {
        "ReLU(x)": F.relu(x),
        "zero everywhere: where is x added, just as it came in?": torch.zeros_like(x),
        "x, its negative numbers included: what comes after the addition?": x,
        "2·ReLU(x): how often is x added?": 2 * F.relu(x),
        "2·x: how often is x added, and what comes after that?": 2 * x,
        "ReLU(−x): which sign has x?": F.relu(-x),
    }
    seen = next((name for name, value in known.items() if torch.allclose(out, value, atol=1e-5)), "something else")
    if seen == "ReLU(x)":
        yield True, f"{what}, and the block returns ReLU(x): it does nothing, for free"
    else:
        yield False, f"{what}, so the block should return ReLU(x). Yours returned {seen}"


# Networks


def _plain_twin(cls: type, n_blocks: int) -> Iterator[Finding]:
    """Built from PlainBlock, the network has the layers of the provided PlainDeepCNN."""
    what = f"SimpleResNet(n_blocks={n_blocks}, block=PlainBlock)"
    x = torch.randn(2, 3, 32, 32)
    net, problem = attempt(what, cls, n_blocks=n_blocks, block=PlainBlock)
    if problem is None:
        out, problem = attempt(f"{what} on pictures {shape_of(x)}", net, x)
    if problem is not None:
        yield False, problem
        return
    yield _network_shape(what, x, out)
    if not isinstance(out, torch.Tensor):
        return
    blocks = sum(isinstance(module, PlainBlock) for module in net.modules())
    if blocks == 0:
        yield (
            False,
            (
                f"{what}: found no PlainBlock in it. Does _make_stage build the class that it was given, and does PyTorch "
                f"know the blocks (a plain Python list hides them)?"
            ),
        )
        return
    if blocks != 3 * n_blocks:
        yield (
            False,
            (
                f"{what}: found {blocks} PlainBlocks in it; expected {3 * n_blocks}, {n_blocks} in each of three stages. "
                f"Does every place get a block of its own?"
            ),
        )
        return
    twin = PlainDeepCNN(n_blocks)
    yield from _parameter_count(f"{what}, twin of PlainDeepCNN({n_blocks})", net, out, count_parameters(twin), {})


def _network_shape(what: str, x: torch.Tensor, out: object) -> Finding:
    expected = (x.shape[0], 10)
    if not isinstance(out, torch.Tensor):
        hint = ": does forward end with `return`?" if out is None else ""
        return False, f"{what}: forward returned {what_was_seen(out)}; expected a tensor {expected}{hint}"
    if tuple(out.shape) == expected:
        return True, f"{what}: {shape_of(x)} → {expected}"
    question = "one number for each picture and class, and nothing else"
    if out.ndim == 4:
        question = "what makes one row of numbers of each picture before the last layer?"
    return False, f"{what}: {shape_of(x)} → {shape_of(out)}; expected {expected}: {question}"


def _are_logits(out: torch.Tensor) -> Finding:
    ones = torch.ones(len(out))
    if torch.allclose(out.sum(1), ones, atol=1e-4) or torch.allclose(out.exp().sum(1), ones, atol=1e-4):
        return False, (
            "the outputs are probabilities (or their logarithms); expected logits, as the last linear layer gives them: "
            "what does the cross-entropy loss do by itself?"
        )
    return True, "the outputs are logits, not probabilities"


# Set-ups and histories


def _differences(name: str, given: set[str], one: SetUp, other: SetUp) -> Finding:
    wrong = [field for field in sorted(given) if getattr(one, field) == getattr(other, field)]
    if wrong:
        return False, f"{name}: {wrong[0]} is {getattr(one, wrong[0])} in both; what differs besides the block?"
    unnamed = sum(a != b for a, b in zip(asdict(one).values(), asdict(other).values(), strict=True)) - len(given)
    unnamed -= one.block != other.block
    if unnamed:
        return False, f"{name}: {as_list(sorted(given))} differs, and that is not all"
    return True, f"{name}: {as_list(sorted(given))}"


def _fairness(what: str, answer: dict, asked: dict[str, int]) -> Iterator[Finding]:
    sides = {}
    for name, side in answer.items():
        if is_dataclass(side) and not isinstance(side, type):
            side = asdict(side)
        if not isinstance(side, dict) or set(side) != {field.name for field in fields(SetUp)}:
            yield False, f"{what}: {name} is {what_was_seen(answer[name])}; expected a SetUp"
            return
        sides[name] = side
        if side["block"] != name:
            yield False, f'{what}: the block of {name} is {side["block"]!r}; expected "{name}"'
            return
        for field, value in asked.items():
            if side[field] != value:
                yield False, f"{what}: {field} of {name} is {side[field]!r}; expected {value}, which was asked for"
                return
    unfair = [f for f in sides["plain"] if f != "block" and sides["plain"][f] != sides["residual"][f]]
    if unfair:
        values = f"{sides['plain'][unfair[0]]} for plain and {sides['residual'][unfair[0]]} for residual"
        yield False, f"{what}: {unfair[0]} is {values}; who could say then that it was the block?"
        return
    yield True, f"{what}: nothing differs but the block"


def _made_up_history(test_accuracy: tuple[float, ...], final_training_accuracy: float) -> History:
    return History(
        train_loss=(2.0, 1.0, 0.5),
        train_accuracy=(11.0, 41.0, final_training_accuracy),
        test_accuracy=tuple(map(float, test_accuracy)),
        learning_rate=(0.1, 0.1, 0.01),
        seconds=1.0,
        conv_layers=31,
        parameters=1,
        recipe=Recipe(epochs=3, milestones=(2,)),
    )


# Words
