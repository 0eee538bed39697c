"""Putting a submitted notebook's cells back where they belong, before nbgrader compares them with the gradebook.

Students rename, delete, duplicate, edit, merge and move cells, and some tools drop all metadata. The one idea: what a
student *wrote* is kept and runs in the student's order; what the *release* fixes (the cells that hand in, their points
and types, the marks on answer cells) is taken from the release, never from the submission. A submitted cell is
recognised by its cell id, else by its grade_id, else by what it defines or says.

Every repair is written down in one sentence, which the student reads with the verdict.
"""

import ast
import copy
import functools
import re
from dataclasses import dataclass, field

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor, OverwriteCells

from autograder.nbgrader_plugins import KEY, ONLY_SHOWS, RELEASED
from autograder.nbgrader_plugins.joining import Joined, joined
from autograder.nbgrader_plugins.reading import released_notebook
from autograder.nbgrader_plugins.statements import of_this_scope, parsed, statements_of
from autograder.nbgrader_plugins.unusual import unusual

STUBS = ("YOUR ANSWER HERE", "YOUR CODE HERE")

_HANDED_IN = re.compile(r"^hand_in\([^,]+,\s*(\w+)\)", re.MULTILINE)

NOT_FOUND = (
    "*The cell for this answer could not be found in the notebook that was handed in, so it was put back here."
    " A person will look through the notebook for the answer.*"
)
ELSEWHERE = (
    "\n\n*This cell is as it was released, but text was added near it. A person will look whether that is the answer.*"
)


@dataclass
class Restored:
    """A restored notebook, and what was repaired: for each grade_id the sentences, and answers left as released."""

    notebook: NotebookNode
    notes: dict[str, list[str]] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)

    def note(self, grade_id: str, sentence: str) -> None:
        self.notes.setdefault(grade_id, []).append(sentence)


def is_fixed(cell: NotebookNode) -> bool:
    """Whether the release fixes the cell's text: a cell that hands in, or one that is read-only."""
    return not utils.is_solution(cell) and not utils.is_task(cell) and (utils.is_grade(cell) or utils.is_locked(cell))


def is_answer(cell: NotebookNode) -> bool:
    """Whether students write code here that a later cell hands in."""
    return utils.is_solution(cell) and not utils.is_grade(cell)


def is_manual(cell: NotebookNode) -> bool:
    """Whether students write here what a person grades."""
    return utils.is_task(cell) or utils.is_solution(cell) and utils.is_grade(cell)


def is_special(cell: NotebookNode) -> bool:
    return is_fixed(cell) or is_answer(cell) or is_manual(cell)


@functools.lru_cache(maxsize=4096)
def defined_names(source: str) -> frozenset[str]:
    """The names that a cell's code binds at its top level; none where IPython could not run it."""
    found = parsed(source)
    names = set()
    for statement in (inner for one in found[1].body for inner in of_this_scope(one)) if found else ():
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(statement.name)
        elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return frozenset(names)


def restore(submitted: NotebookNode, release: NotebookNode, sources: dict[str, str] | None = None) -> Restored:
    """The submitted notebook with every special cell of the release in its place, marked as the release marks it.

    sources: the full texts of fixed cells by grade_id, hidden lines included, so that an instructor's own notebook is
    not taken for an edited one.

    Positions: a cell that hands in stays where the student has it, as long as the answer stands before it; else it goes
    right after the answer. A missing one goes right after the nearest cell that the release has before it.
    """
    return _Restoration(submitted, release, sources or {}).run()


class _Restoration:
    """One notebook's restoration. Positions are (index of a submitted cell, index of a released one put after it)."""

    def __init__(self, submitted: NotebookNode, release: NotebookNode, sources: dict[str, str]):
        self.cells, self.release, self.sources = submitted.cells, release, sources
        self.result = Restored(copy.deepcopy(submitted))
        self.owners: dict[int, list[int]] = {index: [] for index in range(len(release.cells))}
        self.owned: set[int] = set()
        self.by_identity: set[int] = set()  # submitted cells that were recognised by their id or grade_id
        self.only_show: set[int] = set()
        self.set_up: dict[int, str] = {}  # cells before all exercises that were edited, and what they were
        self.placed: list[tuple[tuple[float, float], NotebookNode]] = []
        self.moved: dict[int, tuple[float, float]] = {}  # cells as released that would undo an answer

    def run(self) -> Restored:
        self._recognise()
        position: dict[int, tuple[float, float]] = {}
        hands_in = self._next_hand_in()
        first_special = next((i for i, cell in enumerate(self.release.cells) if is_special(cell)), 0)
        for index, cell in enumerate(self.release.cells):
            if index < first_special and cell.cell_type == "code" and ONLY_SHOWS not in cell.metadata.get("tags", ()):
                position[index] = self._place_set_up(index, cell, position, hands_in[index])
            elif is_fixed(cell):
                position[index] = self._place_fixed(index, cell, position)
            elif is_manual(cell):
                position[index] = self._place_manual(index, cell, position)
            elif self.owners[index]:
                if is_answer(cell):
                    self._mark_answer(index, cell, hands_in[index])
                elif ONLY_SHOWS in cell.metadata.get("tags", ()):
                    self.only_show.update(own for own in self.owners[index] if self._same_text(own, cell))
                position[index] = (max(self.owners[index]), 0)
        self._note_unanswered()
        kept = []
        for index, cell in enumerate(self.cells):
            if index in self.owned:
                continue
            ordinary = self._plain(cell)
            if index in self.only_show:
                ordinary.metadata["tags"] = [ONLY_SHOWS]
            if index in self.set_up:
                ordinary.metadata[RELEASED] = self.set_up[index]
            kept.append((self.moved.get(index, (index, 0)), ordinary))
        notebook = self.result.notebook
        notebook.cells = [cell for _, cell in sorted(kept + self.placed, key=lambda item: item[0])]
        notebook.metadata = copy.deepcopy(self.release.metadata)
        _make_ids_unique(notebook)
        return self.result

    # Recognising

    def _recognise(self) -> None:
        """Say of each submitted cell which released cell it is, if any."""
        by_id = {cell.id: index for index, cell in enumerate(self.release.cells) if "id" in cell}
        by_grade_id = {_grade_id(cell): index for index, cell in enumerate(self.release.cells) if is_special(cell)}
        taken: set[int] = set()
        for own, cell in enumerate(self.cells):
            claim = _grade_id(cell)
            found = by_id.get(cell.id)
            if found is None or claim in by_grade_id and not is_special(self.release.cells[found]):
                found = by_grade_id.get(claim)
            if found is not None:
                self.owners[found].append(own)
                taken.add(own)
        self.by_identity = set(taken)
        for index, released in enumerate(self.release.cells):
            self._recognise_by_content(index, released, taken)

    def _recognise_by_content(self, index: int, released: NotebookNode, taken: set[int]) -> None:
        free = [own for own in range(len(self.cells)) if own not in taken]
        same = [own for own in free if self._same_text(own, released)]
        if is_answer(released):
            # also next to a recognised cell: an answer written into a cell of its own is an answer
            names = defined_names(released.source) or self._names_handed_in(index)
            same += [
                own
                for own in free
                if own not in same
                and self.cells[own].cell_type == "code"
                and names
                and names <= defined_names(self.cells[own].source)
            ]
        elif self.owners[index]:
            return
        elif is_fixed(released):
            same = same[:1]  # several cells that hand in can have the same text: the first free one is this one
        self.owners[index] = sorted(self.owners[index] + same)
        taken.update(same)

    def _names_handed_in(self, index: int) -> set[str]:
        """The name that the next cell hands in, for an answer of which the release shows no line of code."""
        for cell in self.release.cells[index:]:
            if is_fixed(cell) and utils.is_grade(cell):
                return set(_HANDED_IN.findall(self.sources.get(_grade_id(cell), "")))
        return set()

    def _same_text(self, own: int, released: NotebookNode) -> bool:
        cell = self.cells[own]
        return bool(cell.source.strip()) and cell.source.strip() == released.source.strip()

    # Placing

    def _after_nearest(self, index: int, position: dict[int, tuple[float, float]]) -> tuple[float, float]:
        """Right after the nearest cell that the release has before cell `index` and that is there."""
        before = [position[earlier] for earlier in range(index) if earlier in position]
        nearest = before[-1] if before else (-1, 0)
        return (nearest[0], index + 1)

    def _place_set_up(self, index: int, released: NotebookNode, position: dict, hands_in: str) -> tuple[float, float]:
        """Where what a cell of the set-up binds is needed and nothing above the first answer binds it, put it back.

        So it does not matter whether it was deleted, emptied, turned into text, cut short or moved below.
        """
        owners = self.owners[index]
        self.set_up.update({own: released.source for own in owners if not self._same_text(own, released)})
        place = (owners[0], -0.5) if owners else self._after_nearest(index, position)
        special = [own for i, cell in enumerate(self.release.cells) if is_special(cell) for own in self.owners[i]]
        first = min(special, default=len(self.cells) - 1)
        there = {name for cell in self.cells[: first + 1] for name in _binds(cell)}
        needed = _binds(released) & self._words_of_code(owners) - there
        if "*" in there or not needed:
            return place if not owners else (max(owners), 0)
        if owners and owners[0] > first:
            place = self._after_nearest(index, position)
        cell = self._plain(released)
        self.placed.append((place, cell))
        self.result.note(
            hands_in,
            f"A cell of the set-up was missing, was changed or stood too far below: nothing above your answer defined"
            f" {', '.join(sorted(needed)[:3])}. It runs in its place as it was released.",
        )
        return place if not owners else (max(owners), 0)

    def _words_of_code(self, but: list[int]) -> set[str]:
        """All words in the student's code, apart from some cells, and in the cells that hand in."""
        texts = [cell.source for own, cell in enumerate(self.cells) if cell.cell_type == "code" and own not in but]
        return set(re.findall(r"\w+", "\n".join([*texts, *self.sources.values()])))

    def _place_fixed(self, index: int, released: NotebookNode, position: dict) -> tuple[float, float]:
        """Put a cell whose text the release fixes into its place; keep what a student wrote into it as a cell before."""
        grade_id, owners = _grade_id(released), self.owners[index]
        wrong_answer_first = self._first_place_after_answers(index, owners[-1] if owners else None)
        if not owners:
            place = self._after_nearest(index, position)
            if wrong_answer_first is not None:
                place = max(place, (wrong_answer_first, index + 1))
            if utils.is_grade(released):
                self.result.note(grade_id, "The cell that hands in was missing; it was put back.")
        else:
            place = (owners[-1], index + 1)
            if wrong_answer_first is not None:
                place = (wrong_answer_first, index + 1)
                self.result.note(grade_id, "The cell that hands in stood before your answer; it was moved after it.")
            if len(owners) > 1:
                self.result.note(
                    grade_id, f"The cell that hands in was there {len(owners)} times; the last one counts."
                )
        for whole in self._classes_cut_in_two(index):
            last = max(whole.cells)
            place = max(place, (last, index + 1))
            source = f"# Put together from the cells above.\n{whole.source}"
            self.placed.append(((place[0], place[1] - 0.25), new_code_cell(source)))
            what = f"The class of your answer stands in {len(whole.cells)} cells; they were put together."
            self.result.note(grade_id, what)
        for own in owners:
            self._keep_what_was_written(own, index, released, place if own == owners[-1] else (own, 0))
        self.owned.update(owners)
        cell = copy.deepcopy(released)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        self.placed.append((place, cell))
        return place

    def _classes_cut_in_two(self, index: int) -> list[Joined]:
        """The classes that the cell `index` hands in, put together where no cell of the submission has all of one."""
        answers = []
        if not utils.is_grade(self.release.cells[index]):
            return []
        for cell in self.release.cells[:index]:
            if is_fixed(cell) and utils.is_grade(cell):
                answers = []  # they have been handed in there
            elif is_answer(cell):
                found = parsed(cell.source)
                answers += [node for node in found[1].body if isinstance(node, ast.ClassDef)] if found else []
        sources = [cell.source if cell.cell_type == "code" else "" for cell in self.cells]
        methods = {
            node.name: frozenset(one.name for one in node.body if isinstance(one, ast.FunctionDef)) for node in answers
        }
        found = [joined(sources, name, known) for name, known in methods.items()]
        return [one for one in found if one is not None]

    def _first_place_after_answers(self, index: int, current: int | None) -> int | None:
        """Where the cell must go so that every answer stands before it; None where it is right already.

        Where the answer's own cell was worked on, others that define the same, further down, may be experiments.
        """
        needed = -1
        for earlier in range(index):
            if is_answer(self.release.cells[earlier]):
                answered = self._own(self._answered(earlier))
                if answered and (current is None or all(own > current for own in answered)):
                    needed = max(needed, answered[-1])
        return needed if needed > (-1 if current is None else current) else None

    def _answered(self, index: int) -> list[int]:
        """The submitted cells that are this released answer and have been worked on."""
        return [own for own in self.owners[index] if not self._same_text(own, self.release.cells[index])]

    def _own(self, cells: list[int]) -> list[int]:
        """Those of the cells that are known by their id or grade_id, if any; else all."""
        return [own for own in cells if own in self.by_identity] or cells

    def _handed_in_at(self, index: int) -> int:
        """Where the submission has the cell that hands in the answer `index`; -1 where it has none."""
        for later, cell in enumerate(self.release.cells):
            if later > index and is_fixed(cell) and utils.is_grade(cell):
                return max(self.owners[later], default=-1)
        return -1

    def _keep_what_was_written(self, own: int, index: int, released: NotebookNode, place: tuple[float, float]) -> None:
        """Keep a student's own lines in a fixed cell as an ordinary cell, so that they run all the same."""
        cell = self.cells[own]
        known = released.source + "\n" + self.sources.get(_grade_id(released), "")
        fixed = {line.strip() for line in known.splitlines()}
        written = [line for line in cell.source.splitlines() if line.strip() and line.strip() not in fixed]
        if not written:
            return
        ordinary = self._plain(cell)
        ordinary.id = f"{ordinary.id[:50]}-own"
        self.placed.append(((place[0], place[1] - 0.5), ordinary))
        if utils.is_grade(released):
            self.result.note(
                _grade_id(released),
                "The cell that hands in had been changed; it was put back, and what you wrote there runs just before it.",
            )

    def _mark_answer(self, index: int, released: NotebookNode, hands_in: str) -> None:
        """Mark one submitted cell as the released answer; further ones stay ordinary cells, which run as well."""
        owners, answered = self.owners[index], self._answered(index)
        handed_in = [own for own in answered if own < self._handed_in_at(index)]
        chosen = (handed_in or self._own(answered) or owners)[-1]
        cell = _as_type(self.cells[chosen], released.cell_type)
        if hands_in and cell.cell_type != self.cells[chosen].cell_type:
            self.result.note(hands_in, "The cell of your answer was not a code cell any more; it was made one again.")
        undoing = [own for own in owners if answered and own > answered[0] and own not in answered]
        if hands_in and undoing:
            self.result.note(
                hands_in, "Below your answer stood the cell as it was released, which undid it; it was moved above it."
            )
        elif hands_in and len(owners) > 1:
            self.result.note(
                hands_in, f"The cell of your answer is there {len(owners)} times; all of them run, in order."
            )
        for own in undoing:
            self.moved[own] = (answered[0], -0.5)
        self._put_marked(chosen, cell, released)

    def _place_manual(self, index: int, released: NotebookNode, position: dict) -> tuple[float, float]:
        """Mark the cell with the written answer; where there is none, or it stands elsewhere, leave it to a person."""
        grade_id = _grade_id(released)
        owners = self.owners[index]
        nearby = self._prose_nearby(index)
        if not owners and nearby:
            owners = [max(nearby, key=lambda own: len(self.cells[own].source))]
            self.result.note(grade_id, "The cell of the written answer was recognised by its place.")
        if not owners:
            place = self._after_nearest(index, position)
            cell = copy.deepcopy(released)
            cell.source = NOT_FOUND + "\n\n" + cell.source
            self.result.note(grade_id, "The cell of the written answer could not be found; a person will look for it.")
            self.placed.append((place, cell))
            return place
        changed = [own for own in owners if not self._same_text(own, released)]
        chosen = (changed or owners)[-1]
        cell = _as_type(self.cells[chosen], released.cell_type)
        if not changed and nearby:
            cell.source += ELSEWHERE
            self.result.note(grade_id, "The written answer may stand in another cell; a person will look.")
        if len(changed) > 1:
            self.result.note(
                grade_id, f"The written answer is there {len(changed)} times; a person will read them all."
            )
        self._put_marked(chosen, cell, released)
        return (chosen, 0)

    def _prose_nearby(self, index: int) -> list[int]:
        """Submitted text cells that the release does not know, between its neighbours of cell `index`."""
        known = {own: released for released, owners in self.owners.items() for own in owners}
        low = max((own for own, released in known.items() if released < index), default=-1)
        high = min((own for own, released in known.items() if released > index and own > low), default=len(self.cells))
        return [
            own
            for own in range(low + 1, high)
            if own not in known and self.cells[own].cell_type != "code" and self.cells[own].source.strip()
        ]

    def _put_marked(self, own: int, cell: NotebookNode, released: NotebookNode) -> None:
        cell.id = released.get("id", cell.id)
        cell.metadata = copy.deepcopy(released.metadata)
        self.owned.add(own)
        self.placed.append(((own, 0), cell))

    def _plain(self, cell: NotebookNode) -> NotebookNode:
        """A student's cell as an ordinary one, with no marks that could count."""
        cell = copy.deepcopy(cell)
        cell.metadata = NotebookNode()
        return cell

    # What was not answered

    def _next_hand_in(self) -> dict[int, str]:
        """For each released cell the grade_id of the cell that hands in next, or nothing."""
        following, found = {}, ""
        for index in range(len(self.release.cells) - 1, -1, -1):
            cell = self.release.cells[index]
            found = _grade_id(cell) if is_fixed(cell) and utils.is_grade(cell) else found
            following[index] = found
        return following

    def _note_unanswered(self) -> None:
        """A cell that hands in is unanswered where all answer cells since the one before are as released."""
        answers: list[int] = []
        for index, cell in enumerate(self.release.cells):
            if is_answer(cell):
                answers.append(index)
            elif is_fixed(cell) and utils.is_grade(cell):
                if (
                    answers
                    and not any(self._answered(answer) for answer in answers)
                    and not self._classes_cut_in_two(index)
                ):
                    self.result.unanswered.append(_grade_id(cell))
                answers = []


def _binds(cell: NotebookNode) -> set[str]:
    """The names that a cell binds when it is run, imports included."""
    statements = statements_of(cell.source) if cell.cell_type == "code" else ()
    return {name for one in statements for name in one.binds}


def _grade_id(cell: NotebookNode) -> str:
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def _as_type(cell: NotebookNode, cell_type: str) -> NotebookNode:
    """The cell with its text, as a cell of another type."""
    if cell.cell_type == cell_type:
        return copy.deepcopy(cell)
    return (new_code_cell if cell_type == "code" else new_markdown_cell)(source=cell.source)


def _make_ids_unique(notebook: NotebookNode) -> None:
    """Give new ids to student's cells whose id another cell has; the released cells keep theirs."""
    marked = {cell.id for cell in notebook.cells if "nbgrader" in cell.metadata}
    seen: set[str] = set()
    for number, cell in enumerate(notebook.cells):
        if cell.id in seen or cell.id in marked and "nbgrader" not in cell.metadata:
            cell.id = f"cell-{number}-{cell.id}"[:64]
        seen.add(cell.id)


class RestoreCells(NbGraderPreprocessor):
    """Restores the cells of a submitted notebook from the release. Comes first when a submission is sanitised."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        release = released_notebook(resources[KEY]["release"])
        ours = resources["nbgrader"]
        with Gradebook(ours["db_url"]) as gradebook:
            cells = gradebook.find_notebook(ours["notebook"], ours["assignment"]).source_cells
            sources = {cell.name: cell.source for cell in cells if cell.locked}
        restored = restore(nb, release, sources)
        unreadable = resources[KEY]["unreadable"]
        notebook = restored.notebook
        notebook.metadata[KEY] = NotebookNode(
            unreadable=unreadable,
            notes=NotebookNode(restored.notes),
            unanswered=restored.unanswered,
        )
        if unreadable:
            unusual(self.log, ours["student"], ours["notebook"], unreadable)
        for grade_id, sentences in restored.notes.items():
            for sentence in sentences:
                unusual(self.log, ours["student"], ours["notebook"], f"{grade_id}: {sentence}")
        return notebook, resources


class FillFixedCells(OverwriteCells):
    """nbgrader's OverwriteCells, without warnings: it fills the hidden lines in, which is no news after RestoreCells."""

    def report_change(self, name: str, attr: str, old: object, new: object) -> None:
        self.log.debug("%s of %s is %s again, not %s", attr, name, old, new)
