"""How good is the grader? Answers whose worth is known are measured and judged, and the verdicts compared with it.

The answers are in `answers/`, one small file each, written as students write and without a look at `misconceptions/`.
The folder says what is expected: `answers/<hand-in>/<expectation>/<name>.py`, where the expectation is `right`, the id
of a misconception, or `other` for a wrong answer that shows none of them. The first line is a comment that says what
the answer is. A second one, `# also fits: id, id`, names misconceptions that it is not wrong to report as well.
"""

import contextlib
import io
import multiprocessing
import os
import sys
import types
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Table

from autograder.errors import UserError
from autograder.judge import judge
from autograder.misconceptions import Misconception
from autograder.misconceptions.known import KNOWN
from autograder.rubric import LESSONS, GradedCell
from course_utils.evidence import measured

ANSWERS = Path(__file__).with_name("answers")
RIGHT, OTHER = "right", "other"
ALSO_FITS = "# also fits:"

LEAST_DETECTED, LEAST_DIAGNOSED, MOST_REJECTED = 1.0, 0.95, 0
"""What is demanded: the share of wrong answers that lose points, the share of those with an id for which it is named,
and the number of right answers that lose any point."""

CELLS: dict[str, GradedCell] = {
    cell.hand_in: cell for lessons in LESSONS.values() for cells in lessons.values() for cell in cells
}
MISCONCEPTIONS: dict[str, dict[str, Misconception]] = {
    hand_in: {misconception.id: misconception for misconception in known} for hand_in, known in KNOWN.items()
}
OBJECTS = {"residual_block": "ResidualBlock", "simple_resnet": "SimpleResNet"}
"""What is handed in, where that is not called as the hand-in is."""

ABOVE = """
import torch
import torch.nn as nn
import torch.nn.functional as F
from course_utils.models import PlainBlock, PlainDeepCNN
from course_utils.training import SetUp
"""
"""What a lesson has run above an exercise, as far as answers rely on it."""
BLOCK_BESIDE = ANSWERS / "residual_block" / RIGHT / "as_the_lesson_asks.py"
"""The block that a network finds in its notebook."""


# ------------------------------------------------------------------------------------------------- the answers


@dataclass(frozen=True)
class Answer:
    """One answer: what it is handed in as, what is expected of its verdict, and which other ids fit it, too."""

    path: Path
    hand_in: str
    expected: str
    also: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return f"{self.hand_in}/{self.expected}/{self.path.stem}"

    @property
    def right(self) -> bool:
        return self.expected == RIGHT

    @property
    def has_id(self) -> bool:
        return self.expected not in (RIGHT, OTHER)

    @property
    def fitting(self) -> frozenset[str]:
        """The ids that it is not wrong to name."""
        return self.also | {self.expected} if self.has_id else self.also


def read_answers(folder: Path = ANSWERS) -> list[Answer]:
    """All answers of a corpus, in the order of their names. Raises UserError for one that is not where it can count."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        where = path.relative_to(folder).parts
        if len(where) != 3 or where[0] not in CELLS:
            raise UserError(
                f"{path} is no answer: expected <hand-in>/<expectation>/<name>.py with one of {', '.join(CELLS)}."
            )
        hand_in, expected, _ = where
        lines = path.read_text(encoding="utf-8").splitlines()
        if not lines or not lines[0].startswith("# "):
            raise UserError(f"{path} does not say what it is: its first line should be a comment.")
        also = lines[1].removeprefix(ALSO_FITS).split(",") if lines[1:] and lines[1].startswith(ALSO_FITS) else []
        also = frozenset(word.strip() for word in also)
        unknown = ({expected} - {RIGHT, OTHER} | also) - MISCONCEPTIONS.get(hand_in, {}).keys()
        if unknown:
            raise UserError(f"{path}: {', '.join(sorted(unknown))} is not a misconception of {hand_in}.")
        found.append(Answer(path, hand_in, expected, also))
    if not found:
        raise UserError(f"There are no answers in {folder}.")
    return found


@contextlib.contextmanager
def handed_in(answer: Answer) -> Iterator[object]:
    """What an answer hands in, in a fresh `__main__` that looks as a notebook's does. Raises what the answer raises."""
    before, notebook = sys.modules["__main__"], types.ModuleType("__main__")
    sys.modules["__main__"] = notebook
    try:
        exec(ABOVE, vars(notebook))
        files = [BLOCK_BESIDE] if answer.hand_in == "simple_resnet" else []
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            for path in (*files, answer.path):
                exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), vars(notebook))
        yield getattr(notebook, OBJECTS.get(answer.hand_in, answer.hand_in))
    finally:
        sys.modules["__main__"] = before


# ------------------------------------------------------------------------------------------------- the verdicts


@dataclass(frozen=True)
class Outcome:
    """What the grader said of one answer under one seed: points lost by criterion, and the ids that it named."""

    answer: Answer
    seed: str
    lost: dict[str, float]
    named: tuple[str, ...]

    @property
    def points_lost(self) -> float:
        return sum(self.lost.values())

    @property
    def wrongly_named(self) -> list[str]:
        return sorted(set(self.named) - self.answer.fitting)


def outcome(answer: Answer, seed: str) -> Outcome:
    """Measure one answer as its notebook would, and judge it."""
    cell, evidence, trouble = CELLS[answer.hand_in], None, ""
    with contextlib.ExitStack() as stack:
        try:
            handed = stack.enter_context(handed_in(answer))
        except (Exception, SystemExit) as error:
            trouble = f"the cell raised {type(error).__name__}: {error}"
        else:
            evidence = measured(answer.hand_in, handed, seed)
    verdict = judge(cell, evidence, seed, trouble)
    lost = {mark.criterion: mark.max_points - mark.points for mark in verdict.marks if not mark.passed}
    return Outcome(answer, seed, lost, tuple(diagnosis.misconception for diagnosis in verdict.diagnoses))


def on_workers(function, tasks: list[tuple], workers: int, said: str) -> list:
    """`function(*task)` for every task, in order, on `workers` processes of one thread each; shows progress."""
    # a fresh process, not a copy of this one, in which torch may have started its threads
    context = multiprocessing.get_context("spawn" if os.name == "nt" else "forkserver")
    if os.name != "nt":
        context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(workers, mp_context=context, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        futures = [pool.submit(function, *task) for task in tasks]
        try:
            return [future.result() for future in track(futures, said, console=Console(stderr=True))]
        finally:
            pool.shutdown(cancel_futures=True)


def seeds_of(number: int) -> list[str]:
    return [f"audit {index}" for index in range(number)]


@dataclass(frozen=True)
class Audit:
    """All outcomes, and what they say of the grader. An answer counts as it fares under its worst seed."""

    outcomes: tuple[Outcome, ...]

    @cached_property
    def by_answer(self) -> dict[Answer, list[Outcome]]:
        found: dict[Answer, list[Outcome]] = {}
        for one in self.outcomes:
            found.setdefault(one.answer, []).append(one)
        return found

    def answers(self, holds) -> list[Answer]:
        """The answers for which `holds(answer, outcome)` under any seed."""
        return [answer for answer, outcomes in self.by_answer.items() if any(holds(answer, one) for one in outcomes)]

    @cached_property
    def right(self) -> list[Answer]:
        return [answer for answer in self.by_answer if answer.right]

    @cached_property
    def wrong(self) -> list[Answer]:
        return [answer for answer in self.by_answer if not answer.right]

    @cached_property
    def with_id(self) -> list[Answer]:
        return [answer for answer in self.by_answer if answer.has_id]

    @cached_property
    def rejected(self) -> list[Answer]:
        """Right answers that lost a point."""
        return self.answers(lambda answer, one: answer.right and one.lost)

    @cached_property
    def undetected(self) -> list[Answer]:
        """Wrong answers that lost no point."""
        return self.answers(lambda answer, one: not answer.right and not one.lost)

    @cached_property
    def undiagnosed(self) -> list[Answer]:
        """Answers whose id was not among those named."""
        return self.answers(lambda answer, one: answer.has_id and answer.expected not in one.named)

    @cached_property
    def wrongly_diagnosed(self) -> list[Answer]:
        """Answers for which an id was named that does not fit."""
        return self.answers(lambda answer, one: bool(one.wrongly_named))

    @cached_property
    def unsteady(self) -> list[Answer]:
        """Answers whose verdict depends on the seed."""
        return [
            answer
            for answer, outcomes in self.by_answer.items()
            if any((one.lost, set(one.named)) != (outcomes[0].lost, set(outcomes[0].named)) for one in outcomes)
        ]

    @property
    def detection(self) -> float:
        return 1 - len(self.undetected) / max(1, len(self.wrong))

    @property
    def diagnosis(self) -> float:
        return 1 - len(self.undiagnosed) / max(1, len(self.with_id))

    @property
    def exact(self) -> float:
        """The share of answers with an id for which it was named, and nothing that does not fit."""
        return 1 - len(set(self.undiagnosed) | set(self.wrongly_diagnosed) & set(self.with_id)) / max(
            1, len(self.with_id)
        )

    @property
    def passed(self) -> bool:
        return (
            self.detection >= LEAST_DETECTED
            and self.diagnosis >= LEAST_DIAGNOSED
            and len(self.rejected) <= MOST_REJECTED
            and not self.unsteady
        )

    def cost(self, hand_in: str, misconception: str, criterion: str | None = None) -> tuple[float, float]:
        """The least and the most that answers with a misconception lost, in one criterion or altogether."""
        lost = [
            one.lost.get(criterion, 0.0) if criterion else one.points_lost
            for one in self.outcomes
            if (one.answer.hand_in, one.answer.expected) == (hand_in, misconception)
        ]
        return min(lost), max(lost)

    def shown(self, hand_in: str) -> list[str]:
        """The ids of a hand-in of which there are answers, in the order of `misconceptions/`."""
        expected = {answer.expected for answer in self.with_id if answer.hand_in == hand_in}
        return [name for name in MISCONCEPTIONS.get(hand_in, {}) if name in expected]


# ------------------------------------------------------------------------------------------------- in words


def _range(least_most: tuple[float, float]) -> str:
    least, most = least_most
    return f"{least:g}" if least == most else f"{least:g}–{most:g}"


def figures(audit: Audit) -> list[tuple[str, str, str, bool]]:
    """(what, counts, demanded, met) for each figure of the audit."""
    seeds = len({one.seed for one in audit.outcomes})
    wrong, with_id = len(audit.wrong), len(audit.with_id)
    return [
        (
            "detection",
            f"{wrong - len(audit.undetected)} of {wrong} wrong answers lost points ({audit.detection:.1%})",
            f"{LEAST_DETECTED:.0%}",
            audit.detection >= LEAST_DETECTED,
        ),
        (
            "diagnosis",
            f"{with_id - len(audit.undiagnosed)} of {with_id} answers with an id had it named ({audit.diagnosis:.1%});"
            f" {audit.exact:.1%} that and no other",
            f"{LEAST_DIAGNOSED:.0%}",
            audit.diagnosis >= LEAST_DIAGNOSED,
        ),
        (
            "false rejections",
            f"{len(audit.rejected)} of {len(audit.right)} right answers lost a point",
            f"{MOST_REJECTED}",
            len(audit.rejected) <= MOST_REJECTED,
        ),
        (
            "the same verdict",
            f"{len(audit.by_answer) - len(audit.unsteady)} of {len(audit.by_answer)} answers, over {seeds} seed"
            + ("s" if seeds > 1 else ""),
            "all",
            not audit.unsteady,
        ),
    ]


def troubles(audit: Audit) -> list[str]:
    """One line for every answer that was not judged as expected."""
    said = []
    for answer, outcomes in audit.by_answer.items():
        problems = [
            word
            for word, answers in (
                ("a right answer lost points", audit.rejected),
                ("a wrong answer lost no points", audit.undetected),
                ("its misconception was not named", audit.undiagnosed),
                ("something was named that does not fit", audit.wrongly_diagnosed),
                ("its verdict depends on the seed", audit.unsteady),
            )
            if answer in answers
        ]
        if problems:
            verdicts = {
                (", ".join(one.named) or "nothing", ", ".join(f"{c} −{p:g}" for c, p in one.lost.items()) or "nothing")
                for one in outcomes
            }
            seen = "; or ".join(f"named {named}, lost {lost}" for named, lost in sorted(verdicts))
            said.append(f"{answer.name}: {' and '.join(problems)} ({seen})")
    return said


def show(audit: Audit) -> None:
    """Print the figures, what went wrong, and the matrix misconception × criterion."""
    console = Console()
    table = Table("", "", "measured", "demanded", box=box.SIMPLE_HEAD, pad_edge=False)
    for what, counted, demanded, met in figures(audit):
        table.add_row("[green]✓[/green]" if met else "[red]✗[/red]", what, counted, demanded)
    console.print(table)
    for line in troubles(audit):
        console.print(f"✗ {line}", style="red", markup=False, highlight=False)
    for hand_in, cell in CELLS.items():
        if audit.shown(hand_in):
            criteria = [criterion.id.replace("-", "-\n") for criterion in cell.criteria]
            table = Table(
                "misconception",
                *criteria,
                "all",
                title=f"{hand_in}: points lost of {cell.points:g}",
                title_justify="left",
            )
            for name in audit.shown(hand_in):
                table.add_row(name, *_row(audit, cell, name))
            console.print(table)


def _row(audit: Audit, cell: GradedCell, name: str) -> list[str]:
    costs = [audit.cost(cell.hand_in, name, criterion.id) for criterion in cell.criteria]
    return [_range(cost) if cost[1] else "·" for cost in costs] + [_range(audit.cost(cell.hand_in, name))]


def in_markdown(audit: Audit) -> str:
    """The page that says what each misconception is and costs, and how well the grader tells them apart."""
    lines = [
        "# What each misconception is, and what it costs",
        "",
        "Written by the grader itself: `python -m autograder audit --write docs/misconceptions.md` measures and judges the",
        "answers in `autograder/answers/` and counts the points that they lose. A range says that differently written",
        "answers with one misconception lose differently much. Texts come from `autograder/misconceptions/`.",
        "",
        "| the grader's own quality | measured | demanded |",
        "|---|---|---|",
        *(f"| {what} | {counted} | {demanded} |" for what, counted, demanded, _ in figures(audit)),
    ]
    for hand_in, cell in CELLS.items():
        names = audit.shown(hand_in)
        if not names:
            continue
        lines += ["", f"## `{hand_in}`: {cell.points:g} points", "", "| id | the idea that was missed | points lost |"]
        lines += ["|---|---|---|"]
        for name in names:
            explanation = MISCONCEPTIONS[hand_in][name].explanation
            lines.append(f"| `{name}` | {explanation} | {_range(audit.cost(hand_in, name))} |")
        lines += ["", "Points lost by criterion:", ""]
        lines.append(
            "| | " + " | ".join(f"{criterion.id} ({criterion.points:g})" for criterion in cell.criteria) + " | all |"
        )
        lines.append("|---" * (len(cell.criteria) + 2) + "|")
        lines += [f"| `{name}` | " + " | ".join(_row(audit, cell, name)) + " |" for name in names]
    return "\n".join(lines) + "\n"


# ------------------------------------------------------------------------------------------------- the command


def run_audit(answers: list[Answer], seeds: list[str], workers: int = 2) -> Audit:
    """Measure and judge every answer under every seed."""
    tasks = [(answer, seed) for seed in seeds for answer in answers]
    return Audit(tuple(on_workers(outcome, tasks, workers, f"Judging {len(answers)} answers")))


def audit(
    seeds: Annotated[int, typer.Option(min=1, help="Under how many seeds each answer is measured and judged.")] = 1,
    write: Annotated[
        Path | None, typer.Option(help="Write the table of what each misconception costs to this Markdown file.")
    ] = None,
    margins: Annotated[
        bool, typer.Option("--margins", help="Instead, show how far right and wrong answers are from the tolerances.")
    ] = False,
    only: Annotated[str, typer.Option(help="Only answers whose name holds this, such as residual_block/right.")] = "",
    answers: Annotated[Path, typer.Option(help="The folder of answers.", exists=True, file_okay=False)] = ANSWERS,
    workers: Annotated[int, typer.Option(min=1, help="How many processes work at once.")] = 2,
) -> None:
    """Measure the grader on answers whose worth is known: detection, diagnosis, false rejections.

    The exit status is 1 where it detects less than 100 %, diagnoses less than 95 %, rejects a right answer, or gives
    an answer another verdict under another seed.
    """
    chosen = [answer for answer in read_answers(answers) if only in answer.name]
    if not chosen:
        raise UserError(f"No answer in {answers} has {only!r} in its name.")
    if margins:
        from autograder.margins import show_margins

        show_margins(chosen, seeds_of(seeds), workers)
        return
    found = run_audit(chosen, seeds_of(seeds), workers)
    show(found)
    if write:
        write.parent.mkdir(parents=True, exist_ok=True)
        write.write_text(in_markdown(found), encoding="utf-8")
    if not found.passed:
        raise typer.Exit(1)
