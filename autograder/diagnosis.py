"""Which misunderstanding an answer shows: the ids whose wrong answers do what it does, and no guess where none does.

The models of every misconception (its variants) are run with the answer's own seeded parameters on the same inputs. One is
named when it reproduces the answer in every configuration, and fails where the answer fails. Where several do, all are
named.
"""

import functools
import re
from collections.abc import Callable

import numpy as np
import torch

from autograder.matching import Agreement, Measured, agreement, fits
from autograder.misconceptions import Misconception
from autograder.misconceptions.blocks import BLOCKS
from autograder.misconceptions.known import KNOWN
from autograder.misconceptions.networks import NETWORKS
from autograder.reference import ResidualBlock
from autograder.verdict import Diagnosis
from course_utils.measurements.modules import BlockCase
from course_utils.models import PlainBlock
from course_utils.seeding import Draws, probe_value

SIZES_MEET = "must match the size of tensor"
"""Part of what torch says where two tensors cannot be added; the sizes follow."""


def _diagnosis(misconception: Misconception) -> Diagnosis:
    return Diagnosis(misconception.id, misconception.explanation, misconception.hint)


def _reproduces(build: Callable, here: Measured) -> bool:
    """Whether a candidate does all that was measured in one case, its failures included."""
    ran = {mode: f"{mode}/output" in here.arrays for mode in ("train", "eval")}
    if not any(ran.values()) and here.error("build"):
        return False
    if not all(ran[mode] or _fails_alike(build, here, mode) for mode in ran):
        return False
    if not any(ran.values()):
        # where an answer adds what cannot be added, nobody knows which of its layers it would have used
        adds = any(SIZES_MEET in str(error["message"]) for error in here.errors)
        return fits(build(), here, more=adds)
    found: Agreement = agreement(build, here, gradients=False)
    return found.train == ran["train"] and found.eval == ran["eval"]


def _fails_alike(build: Callable, here: Measured, mode: str) -> bool:
    """Whether a candidate raises as the answer did. Where tensors of two shapes meet, their sizes must be the same."""
    try:
        with torch.no_grad():
            build().train(mode == "train")(torch.from_numpy(here.pictures(mode)))
    except (RuntimeError, ValueError) as error:
        messages = str(error), str((here.error(mode) or {"message": ""})["message"])
        if all(SIZES_MEET in message for message in messages):
            own, theirs = (sorted(re.findall(r"\d+", message)) for message in messages)
            return own == theirs
        return True
    return False


def diagnose_block(measured: dict[str, Measured]) -> list[Diagnosis]:
    """The misconceptions of lesson 02 that a wrong block shows."""
    if all(here.error("build") or not here.arrays for here in measured.values()):
        return []
    tried: dict[tuple, bool] = {}

    def does_the_same(block: type, here: Measured) -> bool:
        key = here.case.id, _behaviour(block, here.case)
        if key not in tried:
            tried[key] = _reproduces(_builder(block, here.case), here)
        return tried[key]

    changed = [here for here in measured.values() if here.input_changed]
    in_place = [_diagnosis(known) for known in BLOCKS if known.id == "input-modified-in-place"]
    if all(does_the_same(ResidualBlock, here) for here in measured.values()):
        # what comes out is right; but perhaps there is no way back through a tensor that is gone
        return in_place if any(here.error("gradients") for here in changed) else []
    found = []
    for misconception in BLOCKS:
        cases = [here for name, here in measured.items() if name not in misconception.undecided]
        # the cases that tell most first: most candidates are out after one
        cases.sort(key=lambda here: here.case.id not in ("same", "both"))
        if any(all(does_the_same(block, here) for here in cases) for block in misconception.variants):
            found.append(_diagnosis(misconception))
    # in which of many ways is not known, but x is no longer what it was
    return found or (in_place if changed else [])


def _builder(block: type, case: BlockCase) -> Callable:
    return lambda: block(case.in_channels, case.out_channels, case.stride)


@functools.cache
def _behaviour(block: type, case: BlockCase) -> tuple:
    """What a candidate does in one case with parameters drawn once: two that do the same there need only one try."""
    draws = Draws("behaviour", case.id)
    model = _builder(block, case)()
    named = [*model.named_parameters(), *model.named_buffers()]
    named = [(name, tensor) for name, tensor in named if tensor.dim()]  # not the counters of batch norms
    done: list = [(name, tuple(tensor.shape)) for name, tensor in named]
    for mode, (pictures, height, width) in (("train", case.shape), ("eval", case.eval_shape)):
        with torch.no_grad():
            for index, (name, tensor) in enumerate(named):
                tensor.copy_(torch.from_numpy(probe_value(draws, index, name, tuple(tensor.shape))))
            try:
                given = torch.from_numpy(draws.at(mode).normal(pictures, case.in_channels, height, width))
                done.append(model.train(mode == "train")(given).numpy().tobytes())
            except (RuntimeError, ValueError) as error:
                done.append(str(error))
    return tuple(done)


def diagnose_network(
    measured: dict[str, Measured], structures: dict, own: dict, compared: bool = True
) -> list[Diagnosis]:
    """The misconceptions of lesson 03 that a wrong network shows: by its blocks first, then by what comes out.

    compared: whether what comes out can be compared; a network can be too large for that.
    """
    ids: list[str] = []
    kinds = {block["kind"] for here in measured.values() for block in here.blocks}
    unseen = any(builds_unseen_blocks(here) for here in measured.values())
    if "PlainBlock" in kinds or own["built"].get("PlainBlock") or own["default"] == "PlainBlock":
        ids.append("plain-blocks")
    elif kinds - {"StandIn"} or unseen:
        ids.append("block-argument-ignored")
    if not unseen:
        for name, structure in structures.items():
            error = measured[name].error("train")
            # where the classifier fails, every block has had its turn
            ids += _structural(structure, failed=error is not None and "mat1 and mat2" not in str(error["message"]))
    if any(map(has_the_plan_of_resnet18, measured.values())):
        # a fourth stage, and widths that go with it, are not one mistake each
        ids = ["four-stages", *(name for name in ids if name not in ("wrong-depth", "wrong-widths"))]
        if any(uneven_stages(structure) for structure in structures.values()):
            ids.append("wrong-depth")
    function = [here for here in measured.values() if here.arrays and compared]
    if function and kinds == {"StandIn"}:
        for name in ("bare-stem", "softmax-output"):
            for network in NETWORKS[name].variants:
                if all(
                    _reproduces(lambda here=here, network=network: network(here.case.n_blocks, PlainBlock), here)
                    for here in function
                ):
                    ids.append(name)
    return [_diagnosis(NETWORKS[name]) for name in dict.fromkeys(ids)]


def has_the_plan_of_resnet18(here: Measured) -> bool:
    """Whether a network has four stages, each wider than the last, or stages that start from 64 channels and more.

    Read off the blocks that it built, else off its 3×3 convs.
    """
    widths = [block["specification"][1] for block in here.blocks if block["specification"]]
    if not widths:
        widths = [
            tensor.shape[0] for tensor in here.tensors if tensor.kind == "parameter" and tensor.shape[2:] == (3, 3)
        ]
    widths = list(dict.fromkeys(widths))
    return widths == sorted(widths) and (len(widths) == 4 and widths[3] >= 128 or len(widths) > 2 and widths[0] >= 64)


def uneven_stages(structure) -> bool:
    """Whether the stages of a network have other numbers of blocks than n."""
    return any(len(stage) != structure.n for stage in structure.runs)


def builds_unseen_blocks(here: Measured) -> bool:
    """Whether a network has the 3×3 convs of 3n blocks, but not all in blocks that noted how they were built."""
    n = here.case.n_blocks
    convs = sum(tensor.kind == "parameter" and tensor.shape[2:] == (3, 3) for tensor in here.tensors)
    return convs == 1 + 6 * n and len(here.blocks) < 3 * n


def stages_of(specifications: list[list[int]], n: int) -> list[list[list[int]]]:
    """Blocks (in_channels, out_channels, stride), in order, as stages: split where the number of channels changes.

    Where they are three times n blocks of equal channels, those are the stages, though two may have equal channels.
    """
    thirds = [specifications[start : start + n] for start in range(0, len(specifications), n)]
    if len(specifications) == 3 * n and all(len({out for _, out, _ in third}) == 1 for third in thirds):
        return thirds
    stages: list[list[list[int]]] = []
    for specification in specifications:
        if not stages or stages[-1][-1][1] != specification[1]:
            stages.append([])
        stages[-1].append(specification)
    return stages


def _structural(structure, failed: bool) -> list[str]:
    """Ids that show in how one network was built and run; one that failed on its way is read as it was built."""
    ids = []
    if not structure.calls:
        return ids
    n, ran = structure.n, structure.order
    built = {
        index: block["specification"]
        for index, block in enumerate(structure.blocks)
        if block["specification"] and (index in ran or block["registered"] and not structure.right)
    }
    stages = stages_of(list(built.values()) if failed else [built[index] for index in ran if index in built], n)
    widths = [stage[0][1] for stage in stages]
    order = list(dict.fromkeys(built[index][1] for index in ran if index in built))
    idle = {specification[1] for specification in built.values()} - set(order)
    if failed and order:  # what comes after the failure says nothing
        idle = {width for width in idle if width < max(order)}
    if any(structure.calls.count(index) > 1 for index in ran) and len(ran) < 3 * n:
        ids.append("shared-block")
    if any(not structure.blocks[index]["registered"] for index in ran):
        ids.append("unregistered-blocks")
    if idle or structure.shuffled(order):
        ids.append("stage-skipped")
    if not ids or ids == ["unregistered-blocks"]:
        if any(len(stage) != n for stage in stages) or len(stages) < 3:
            ids.append("wrong-depth")
        if len(stages) == 3 and (widths != [16, 32, 64] or stages[0][0][0] != 16):
            ids.append("wrong-widths")
    if sum(map(len, stages)) == 3 * n and any(len(stage) != n for stage in stages):
        # as many blocks as there should be: which of them is a stage's first, and has the wrong width, cannot be told
        return [*ids, "wrong-widths"] if ids == ["wrong-depth"] else ids
    if any(len(stage) > 1 and all(block[2] != 1 for block in stage) for stage in stages):
        ids.append("downsamples-every-block")
    if len(stages) == 3 and any(all(block[2] == 1 for block in stage) for stage in stages[1:]):
        ids.append("no-downsampling")
    return ids


def _held(hand_in: str, fits: Callable[[Callable], bool]) -> list[Diagnosis]:
    """The misconceptions of a hand-in that have a variant which fits."""
    return [_diagnosis(one) for one in KNOWN[hand_in] if any(map(fits, one.variants))]


def diagnose_numbers(
    hand_in: str, asked: list[tuple], seen: np.ndarray, expected: list, digits: tuple[int, ...] = ()
) -> list[Diagnosis]:
    """The misconceptions of a function that returns numbers: those whose answers are the ones that were seen.

    digits: to how many decimals an answer may have been rounded.
    """
    if np.allclose(seen, expected, rtol=1e-6, atol=1e-3):
        return []

    def fits_numbers(function: Callable) -> bool:
        answers = np.array([function(*given) for given in asked], dtype=np.float64)
        forms = (answers, *(np.round(answers, places) for places in digits))
        return any(np.allclose(seen, form, rtol=1e-6, atol=1e-6) for form in forms)

    return _held(hand_in, fits_numbers)


def diagnose_words(hand_in: str, asked: list[tuple], seen: list[str], expected: list[str]) -> list[Diagnosis]:
    """The misconceptions of a function that returns a word: those that say in every call what was said."""
    if seen == expected:
        return []
    return _held(hand_in, lambda function: [function(*given) for given in asked] == seen)


def diagnose_results(hand_in: str, given: Callable[[], list[tuple]], seen: list, same: Callable) -> list[Diagnosis]:
    """The misconceptions of a function that returns more than a number: those that return what was seen, in every case.

    given: makes the arguments of every case, afresh for each candidate, since one may change them. seen: the result of
    every case, None where the answer raised (a candidate then has to raise, too). same(seen, candidate) -> bool.
    """
    if all(result is None for result in seen):
        return []
    return _held(
        hand_in,
        lambda function: all(_same_result(function, *case, same) for case in zip(given(), seen, strict=True)),
    )


def _same_result(function: Callable, given: tuple, seen: object, same: Callable) -> bool:
    try:
        result = function(*given)
    except (RuntimeError, ValueError, TypeError, AttributeError, IndexError, ZeroDivisionError):
        return seen is None
    return seen is not None and same(seen, result)


def diagnose_arrays(
    hand_in: str, asked: list[tuple], seen: list, expected: list, agrees: Callable[[object, np.ndarray], bool]
) -> list[Diagnosis]:
    """diagnose_results of a function that returns a tensor and changes nothing that it is given."""
    if all(map(agrees, seen, expected)):
        return []
    return diagnose_results(hand_in, lambda: asked, seen, lambda array, result: agrees(array, result.detach().numpy()))


FORGOTTEN_LAYER = "forward uses a layer that __init__ does not make under this name."
EXPLAINED = (
    ("NotImplementedError", "", "There is still a TODO to fill in."),
    (
        "AttributeError",
        "before Module.__init__",
        "The class needs super().__init__() as the first line of its __init__.",
    ),
    ("AttributeError", "super().__init__", "The class needs super().__init__() as the first line of its __init__."),
    ("TypeError", "ellipsis", "There is still a `...` where code should be."),
    ("AttributeError", "ellipsis", "There is still a `...` where code should be."),
    (
        "RuntimeError",
        SIZES_MEET,
        "Two tensors of different shapes meet, most likely at the addition: what is added must have the shape of F(x).",
    ),
    ("RuntimeError", "expected input", "A layer gets another number of channels than it was made for."),
    (
        "RuntimeError",
        "dim must be a 2-tuple",
        "Tensor.norm takes one or two axes; torch.linalg.vector_norm takes any number, and flatten makes one of many.",
    ),
    ("RuntimeError", "mat1 and mat2 shapes", "The linear layer gets another number of features than it was made for."),
    ("RuntimeError", "inplace operation", "A tensor that is still needed for the gradients was changed in place."),
    (
        "AttributeError",
        "'NoneType' object",
        "Something is None here: a gradient that was never computed, or a value that nobody returned.",
    ),
    ("AttributeError", "object has no attribute", FORGOTTEN_LAYER),
    ("TypeError", "NoneType", "Something that should be a layer or a tensor is None: is a return missing?"),
    ("TypeError", "returned None", "Is a return missing?"),
    ("SystemExit", "", "The answer ends the program, so nothing after it could be measured."),
)
"""(type, part of the message, what it usually means)"""


def explain_error(error: dict | None) -> str:
    """What one of the usual errors means, in a sentence; nothing for an unusual one."""
    for kind, part, meaning in EXPLAINED if error else ():
        if error["type"] == kind and part in str(error["message"]):
            return "" if meaning == FORGOTTEN_LAYER and error["where"] == "call" else meaning
    return ""
