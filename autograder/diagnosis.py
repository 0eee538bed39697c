"""Which misunderstanding an answer shows: the ids whose wrong answers do what it does, and no guess where none does.

Every misconception's models are run with the answer's own seeded parameters on the same inputs; one is named when it
reproduces the answer in every configuration, and fails where the answer fails. Where several do, all are named.
"""

from collections.abc import Callable

import numpy as np

from autograder.matching import Agreement, Measured, agreement
from autograder.misconceptions import Misconception
from autograder.misconceptions.blocks import BLOCKS
from autograder.misconceptions.functions import FUNCTIONS
from autograder.misconceptions.networks import NETWORKS
from autograder.verdict import Diagnosis
from course_utils.models import PlainBlock


def _diagnosis(misconception: Misconception) -> Diagnosis:
    return Diagnosis(misconception.id, misconception.explanation, misconception.hint)


def _reproduces(build: Callable, here: Measured) -> bool:
    """Whether a candidate does all that was measured in one case, its failures included."""
    has_train, has_eval = "train/output" in here.arrays, "eval/output" in here.arrays
    if not has_train and not has_eval:
        return here.error("build") is None and _fails(build, here)
    found: Agreement = agreement(build, here)
    return found.train == has_train and found.eval == has_eval


def _fails(build: Callable, here: Measured) -> bool:
    """Whether a candidate raises, or cannot be built, on the case's pictures."""
    import torch

    try:
        with torch.no_grad():
            build()(torch.from_numpy(here.pictures("train")))
    except (RuntimeError, ValueError):
        return True
    return False


def diagnose_block(measured: dict[str, Measured]) -> list[Diagnosis]:
    """The misconceptions of lesson 02 that a wrong block shows."""
    if all(here.error("build") or not here.arrays for here in measured.values()):
        return []
    found = []
    for misconception in BLOCKS:
        cases = [here for name, here in measured.items() if name not in misconception.undecided]
        # the cases that tell most first: most candidates are out after one
        cases.sort(key=lambda here: here.case.id not in ("same", "both"))
        for block in misconception.variants:
            if all(_reproduces(_builder(block, here), here) for here in cases):
                found.append(_diagnosis(misconception))
                break
    changed = [here for here in measured.values() if here.input_changed]
    if not found and any(here.error("gradients") for here in changed):
        # the output is right all the same, but there is no way back through a tensor that is gone
        found = [_diagnosis(misconception) for misconception in BLOCKS if misconception.id == "input-modified-in-place"]
    return found


def _builder(block: type, here: Measured) -> Callable:
    case = here.case
    return lambda: block(case.in_channels, case.out_channels, case.stride)


def diagnose_network(measured: dict[str, Measured], structures: dict, own: dict) -> list[Diagnosis]:
    """The misconceptions of lesson 03 that a wrong network shows: by its blocks first, then by what comes out."""
    ids: list[str] = []
    kinds = {block["kind"] for here in measured.values() for block in here.blocks}
    if "PlainBlock" in kinds or own["built"].get("PlainBlock") or own["default"] == "PlainBlock":
        ids.append("plain-blocks")
    elif kinds - {"StandIn"}:
        ids.append("block-argument-ignored")
    for structure in structures.values():
        ids += _structural(structure)
    function = [here for here in measured.values() if here.arrays]
    if function and kinds == {"StandIn"}:
        for name in ("bare-stem", "softmax-output"):
            for network in NETWORKS[name].variants:
                if all(
                    _reproduces(lambda here=here, network=network: network(here.case.n_blocks, PlainBlock), here)
                    for here in function
                ):
                    ids.append(name)
    return [_diagnosis(NETWORKS[name]) for name in dict.fromkeys(ids)]


def _structural(structure) -> list[str]:
    """Ids that show in how one network was built and run."""
    ids = []
    if not structure.calls:
        return ids
    built = [block["specification"] for block in structure.blocks]
    ran = structure.order
    runs, n = structure.runs, structure.n
    idle = [index for index in range(len(built)) if index not in ran]
    widths = [run[0][1] for run in runs]
    if any(structure.calls.count(index) > 1 for index in ran):
        ids.append("shared-block")
    if any(not structure.blocks[index]["registered"] for index in ran):
        ids.append("unregistered-blocks")
    if idle or widths != sorted(widths):
        ids.append("stage-skipped")
    if not ids or ids == ["unregistered-blocks"]:
        if any(len(run) != n for run in runs) or len(runs) < 3:
            ids.append("wrong-depth")
        if len(runs) == 3 and widths != [16, 32, 64]:
            ids.append("wrong-widths")
    if any(block[2] != 1 for run in runs for block in run[1:]):
        ids.append("downsamples-every-block")
    if len(runs) == 3 and any(run[0][2] == 1 for run in runs[1:]):
        ids.append("no-downsampling")
    return ids


def diagnose_numbers(hand_in: str, asked: list[tuple], seen: np.ndarray, expected: list) -> list[Diagnosis]:
    """The misconceptions of a function that returns numbers: those whose answers are the ones that were seen."""
    if np.allclose(seen, expected, rtol=1e-6, atol=1e-3):
        return []
    found = []
    for misconception in FUNCTIONS[hand_in]:
        for function in misconception.variants:
            if np.allclose(seen, [function(*given) for given in asked], rtol=1e-6, atol=1e-6):
                found.append(_diagnosis(misconception))
                break
    return found


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
        "must match the size of tensor",
        "Two tensors of different shapes meet, most likely at the addition: what is added must have the shape of F(x).",
    ),
    ("RuntimeError", "expected input", "A layer gets another number of channels than it was made for."),
    ("RuntimeError", "mat1 and mat2 shapes", "The linear layer gets another number of features than it was made for."),
    ("RuntimeError", "inplace operation", "A tensor that is still needed for the gradients was changed in place."),
    ("AttributeError", "object has no attribute", "forward uses a layer that __init__ does not make under this name."),
    ("TypeError", "NoneType", "Something that should be a layer or a tensor is None: is a return missing?"),
    ("TypeError", "returned None", "Is a return missing?"),
    ("SystemExit", "", "The answer ends the program, so nothing after it could be measured."),
)
"""(type, part of the message, what it usually means)"""


def explain_error(error: dict | None) -> str:
    """What one of the usual errors means, in a sentence; nothing for an unusual one."""
    for kind, part, meaning in EXPLAINED if error else ():
        if error["type"] == kind and part in str(error["message"]):
            return meaning
    return ""
