"""Going on behind a statement that fails here and only here, such as `drive.mount(...)` above a right class.

The one idea: a student's notebook ran where there was a GPU, a network or a package that the grading machine lacks, so a
line that stops is left out and the statements behind it run, each by itself. Two things hold. What the cell itself had
defined before it stopped stays as it is: nothing behind the stop binds such a name anew. And nothing is run twice where
it can be told where the cell stopped.
"""

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from nbformat import NotebookNode

from autograder.nbgrader_plugins.statements import Statement, at_line, statements_of

MOST_STOPS = 20
"""How many statements of a cell may stop before only imports and definitions are still run; twice as many, and it ends."""

MOST_KERNELS = 2
"""After so many statements of a cell that each cost a kernel, only its imports and definitions are run in the next."""

FROM_THE_START = -1
"""Where a cell stopped that is to be run as if it never had been."""

ENDS_KERNEL = "it ends the kernel, or never ends itself"

_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_LINE = re.compile(r"\bIn\[\d+\], line (\d+)")
_KEPT_AWAY = re.compile(r"No module named '(autograder|study)\b")  # missing on purpose
_SAID = 3  # statements that stopped and are named; the others are counted


@dataclass
class Rest:
    """What was run of a cell by statements: which of them stopped and why, and which were left out or kept from running."""

    statements: tuple[Statement, ...]
    stopped: dict[int, str] = field(default_factory=dict)
    undoing: list[int] = field(default_factory=list)  # not run, for the cell had defined those names before
    done: list[int] = field(default_factory=list)
    skipped: bool = False  # whether more was left out, for want of time
    outputs: list[NotebookNode] = field(default_factory=list)

    @property
    def left_something(self) -> bool:
        """Whether something that ran binds a name: else nothing behind the cell can be better off."""
        return any(self.statements[number].binds for number in self.done)

    def __str__(self) -> str:
        """What a student reads."""
        named = [f"{self.statements[number]} stopped: {why}" for number, why in sorted(self.stopped.items())]
        more = f"; and {len(named) - _SAID} more" if len(named) > _SAID else ""
        said = "; ".join(named[:_SAID]) + more + ". "
        said += "Its imports and definitions were" if self.skipped else "Everything else in the cell was"
        said += " run all the same"
        kept_away = any(_KEPT_AWAY.search(why) for why in self.stopped.values())
        if kept_away or any(self.statements[number].kind == "definition" for number in self.stopped):
            said += "."  # that can well cost something
        else:
            said += f"; by {'themselves these lines cost' if len(named) > 1 else 'itself this line costs'} nothing."
        if self.undoing:
            said += f" Not run was {self.statements[self.undoing[0]]} for it changes what the cell had defined before."
        return said[:1].upper() + said[1:]


class Pieces:
    """Runs cells of one notebook by statements, and remembers which statements are never run again.

    run_cell(index, cell) runs one cell and says what went wrong, or ""; what the cell raised stands in its outputs. It may
    raise, where the kernel is lost: then `blame` is to be told.
    """

    def __init__(self, run_cell: Callable[[int, NotebookNode], str]):
        self._run_cell = run_cell
        self._sources: dict[int, str] = {}  # of cells that ran by statements
        self._left_out: dict[int, set[int]] = {}
        self._told: set[int] = set()
        self.now: int | None = None  # the statement that is being run

    def blame(self, index: int, number: int | None) -> None:
        """Never again run a statement of a cell; not a definition, which ends no kernel, but the statement before it."""
        if number is not None:
            statements = statements_of(self._sources[index])
            before = [one for one in range(number + 1) if not statements[one].defines]
            self._left_out.setdefault(index, set()).add(before[-1] if before else number)

    def go_on(
        self, index: int, cell: NotebookNode, traceback: list[str], late: str, hurry: bool, seconds: float | None
    ) -> Rest | None:
        """Where `cell` stopped, run what stands behind; None where it did not, or where there is nothing to run.

        traceback: of the kernel's reply. late: why the cell was interrupted, if so. hurry: run only imports and definitions.
        """
        why = late or _why(cell.outputs)
        if not why:
            return None
        statements = statements_of(cell.source)
        stop = _stopped_at(statements, cell.source, traceback)
        if late and stop is None:  # none but definitions is known to end
            self._left_out[index] = {number for number, one in enumerate(statements) if not one.defines}
        elif late:
            self._left_out[index] = {stop}
        rest = self._run(index, cell, stop, self._left_out.get(index, set()), hurry, seconds)
        if stop is not None:
            rest.stopped[stop] = why
        return rest if (rest.done or len(rest.stopped) > 1) and rest.stopped else None

    def again(self, index: int, cell: NotebookNode, hurry: bool, seconds: float | None) -> Rest | None:
        """Run a cell in a new kernel without the statements that cost the last; what is to be told, the first time.

        Nothing is run where it leaves nothing behind.
        """
        statements = statements_of(cell.source)
        if not any(one.binds for one in statements):
            return None
        ends = {number for number, one in enumerate(statements) if one.ends_kernel}
        left_out = self._left_out.setdefault(index, ends)
        hurry = hurry or len(left_out - ends) >= MOST_KERNELS
        rest = self._run(index, cell, FROM_THE_START, left_out, hurry, seconds)
        rest.stopped |= dict.fromkeys(left_out, ENDS_KERNEL)
        told = index in self._told or not rest.stopped
        self._told.add(index)
        return None if told else rest

    def _run(
        self, index: int, cell: NotebookNode, stop: int | None, left_out: set[int], hurry: bool, seconds: float | None
    ) -> Rest:
        """Run the statements behind `stop` but those left out, each by itself; all of them where it is not known (None)."""
        self._sources[index] = cell.source
        rest = Rest(statements_of(cell.source))
        defined = _defined(rest.statements[: max(stop or 0, 0)])
        end = monotonic() + (seconds or float("inf"))
        for number, one in enumerate(rest.statements):
            many = len(rest.stopped) >= MOST_STOPS
            if number in left_out or stop is not None and number <= stop or len(rest.stopped) >= 2 * MOST_STOPS:
                continue
            if (hurry or many or monotonic() > end) and not one.defines:
                rest.skipped = True
                continue
            if one.binds & defined:
                rest.undoing.append(number)
                continue
            own = NotebookNode(copy.deepcopy(cell), source=one.source, outputs=[])
            self.now = number
            try:
                why = self._run_cell(index, own) or _why(own.outputs)
            finally:
                self.now = None
            rest.outputs += [output for output in own.outputs if output.output_type != "error"]
            if not why:
                rest.done.append(number)
                continue
            if stop is None and not rest.stopped:  # here it had stopped the first time
                defined = _defined(rest.statements[:number])
            rest.stopped[number] = why
        return rest


def _defined(statements: tuple[Statement, ...]) -> set[str]:
    """The names of classes and functions that statements define."""
    return {name for one in statements if one.kind == "definition" for name in one.binds}


def _stopped_at(statements: tuple[Statement, ...], source: str, traceback: list[str]) -> int | None:
    """The number of the statement at which a cell stopped, as its traceback tells; None where it does not."""
    if source.lstrip().startswith("%%"):
        return None  # all of it is one call
    found = _LINE.search(_COLOURS.sub("", "\n".join(map(str, traceback[:10]))[:20_000]))
    return at_line(statements, int(found[1])) if found else None


def _why(outputs: list[NotebookNode]) -> str:
    """The error in a cell's outputs, in one line, or nothing."""
    for output in outputs:
        if output.output_type == "error":
            lines = _COLOURS.sub("", str(output.get("evalue", ""))).strip().splitlines()
            return f"{output.get('ename', 'an error')}" + (f": {lines[0][:200].rstrip('.')}" if lines else "")
    return ""
