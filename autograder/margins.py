"""How far are right and wrong answers from the tolerances? Figures for `docs/numerics.md`.

A tolerance is good where nothing is near it: what right answers deviate by is far below, and of what the grader refuses
the least is far above. Both are measured here on the answers of the audit, over many seeds. Deviations are those of
`matching.py` (outputs, gradients; as fractions) and `judges/` (the loss of the short training).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from rich import box
from rich.console import Console
from rich.table import Table

from autograder import reference
from autograder.audit import Answer, handed_in, on_workers
from autograder.judges.findings import LOSS_TOLERANCE, measured_case
from autograder.matching import GRADIENT_TOLERANCE, OUTPUT_TOLERANCE, Agreement, Measured, fill
from autograder.recutting import agreements
from course_utils.evidence import measured, unpack
from course_utils.measurements.modules import BLOCK_CASES, NETWORK_CASES
from course_utils.measurements.short_training import TRAINING_CLASSES, BlockRig, train_shortly
from course_utils.models import PlainBlock
from course_utils.seeding import Draws, training_value

TOLERANCES = {"output": OUTPUT_TOLERANCE, "gradient": GRADIENT_TOLERANCE, "loss": LOSS_TOLERANCE}


@dataclass(frozen=True)
class Deviation:
    """By how much one answer differed from the reference, in one quantity, in one place, under one seed."""

    answer: Answer
    seed: str
    quantity: str
    place: str
    value: float


def deviations(answer: Answer, seed: str) -> list[Deviation]:
    """Everything about one answer that is compared with a tolerance; infinite where nothing can agree."""
    if answer.hand_in not in ("residual_block", "simple_resnet"):
        return []
    try:
        with handed_in(answer) as handed:
            evidence = measured(answer.hand_in, handed, seed)
    except (Exception, SystemExit):
        return []  # nothing was handed in; the audit says so
    arrays, report = unpack(evidence, answer.hand_in, seed)
    draws = Draws(seed, answer.hand_in)
    block = answer.hand_in == "residual_block"
    cases = {
        case.id: measured_case(case, case.in_channels if block else 3, arrays, report, draws)
        for case in (BLOCK_CASES if block else NETWORK_CASES)
    }
    if any(here.blocks[index]["kind"] != "StandIn" for here in cases.values() for index in here.calls):
        return []  # built from other blocks than the given one: refused before anything is compared
    matches = agreements({name: _reference(here) for name, here in cases.items()}, cases)
    cases = {name: match.measured or cases[name] for name, match in matches.items()}
    found = []
    for name, match in matches.items():
        found += [
            ("output", f"{name}, training", match.deviation),
            ("output", f"{name}, evaluation", match.eval_deviation),
        ]
        if match.train:
            found.append(("gradient", name, match.gradient_deviation))
    losses = (_block_losses if block else _network_losses)(cases, matches, draws.at("training"))
    if losses is not None and "training/loss" in arrays:
        found.append(("loss", "training", float(np.abs(arrays["training/loss"] - losses).max())))
    return [Deviation(answer, seed, *one) for one in found]


def _reference(here: Measured) -> Callable[[], torch.nn.Module]:
    case = here.case
    if here.sketch:
        return lambda: reference.SimpleResNet(case.n_blocks, PlainBlock)
    return lambda: reference.ResidualBlock(case.in_channels, case.out_channels, case.stride)


def _filled(here: Measured, match: Agreement, draws: Draws) -> torch.nn.Module:
    values = here.values_from(training_value, draws)
    return fill(_reference(here)().double(), match.assignment, values, match.eps, match.orders)


def _block_losses(cases: dict[str, Measured], matches: dict[str, Agreement], draws: Draws) -> np.ndarray | None:
    if not (matches["same"].train and matches["both"].train):
        return None
    blocks = [_filled(cases[name], matches[name], draws.at(at)) for name, at in (("same", "first"), ("both", "second"))]
    rig = BlockRig(*blocks, torch.from_numpy(draws.at("classifier").normal(6, TRAINING_CLASSES)))
    return train_shortly(rig.double(), draws, 4, dtype=torch.float64)


def _network_losses(cases: dict[str, Measured], matches: dict[str, Agreement], draws: Draws) -> np.ndarray | None:
    if not matches["one"].train:
        return None
    return train_shortly(_filled(cases["one"], matches["one"], draws), draws, 3, dtype=torch.float64)


def show_margins(answers: list[Answer], seeds: list[str], workers: int) -> None:
    """Print, for blocks and networks and each quantity, what right answers deviate by and the least that is refused."""
    tasks = [(answer, seed) for seed in seeds for answer in answers]
    found = [one for several in on_workers(deviations, tasks, workers, "Measuring") for one in several]
    console = Console()
    console.print(f"{len(answers)} answers, {len(seeds)} seeds, torch {torch.__version__.split('+')[0]}")
    table = Table("", "right: at most", "tolerance", "refused: at least", "by this answer", box=box.SIMPLE_HEAD)
    for hand_in in ("residual_block", "simple_resnet"):
        for quantity, tolerance in TOLERANCES.items():
            here = [one for one in found if (one.answer.hand_in, one.quantity) == (hand_in, quantity)]
            right = max((one.value for one in here if one.answer.right), default=math.nan)
            refused = [one for one in here if not one.answer.right and one.value > tolerance]
            least = min(refused, key=lambda one: one.value, default=None)
            table.add_row(
                f"{hand_in}: {quantity}",
                f"{right:.1e}",
                f"{tolerance:g}",
                f"{least.value:.1e}" if least else "–",
                f"{least.answer.expected}/{least.answer.path.stem} ({least.place})" if least else "",
            )
    console.print(table)
    console.print(_faintest(found))


def _faintest(found: list[Deviation], most: int = 8) -> Table:
    """The wrong answers that are told from right ones by the least, under the seed where they are nearest to right.

    An answer within every tolerance is left out: where it is wrong, its structure tells, and not what it computes.
    """
    clearest: dict[tuple, Deviation] = {}
    for one in found:
        if not one.answer.right:
            key = one.answer, one.seed
            if key not in clearest or _times(one) > _times(clearest[key]):
                clearest[key] = one
    nearest: dict[Answer, Deviation] = {}
    for one in clearest.values():
        if _times(one) > 1 and (one.answer not in nearest or _times(one) < _times(nearest[one.answer])):
            nearest[one.answer] = one
    table = Table("wrong answers nearest to right", "by", "in", "times the tolerance", box=box.SIMPLE_HEAD)
    for one in sorted(nearest.values(), key=_times)[:most]:
        table.add_row(one.answer.name, one.quantity, one.place, f"{_times(one):.1f}")
    return table


def _times(one: Deviation) -> float:
    return one.value / TOLERANCES[one.quantity]
