"""Every mark of a class, one record a criterion, from where it is kept: graded notebooks, and the gradebook.

Verdicts stand in the metadata of the graded notebooks; what people gave, and penalties for being late, stand in the
gradebook. The one idea: for each student and lesson the records add up to nbgrader's own score, and wherever there are
no points, a record says why.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Grade, Gradebook, MissingEntry, SubmittedNotebook

from autograder.course import Course
from autograder.errors import UserError
from autograder.nbgrader_plugins import KEY
from autograder.rubric import GradedCell, graded_cell
from autograder.verdict import Verdict

WAITS = "waits for a person"


@dataclass(frozen=True)
class Record:
    """One criterion of one student. `points` and `passed` are None while a person still has to grade it.

    misconception: the id of the misunderstanding that the answer shows (several, with commas), where there is one.
    """

    student: str
    lesson: str
    cell: str
    criterion: str
    points: float | None
    max_points: float
    passed: bool | None
    misconception: str | None
    message: str


def records(course: Course, assignment: str, student: str | None = None) -> list[Record]:
    """All records of an assignment, by student and lesson. Raises UserError for an unknown assignment or student."""
    with course.gradebook() as gradebook:
        try:
            lessons = sorted(notebook.name for notebook in gradebook.find_assignment(assignment).notebooks)
        except MissingEntry:
            known = ", ".join(sorted(a.name for a in gradebook.assignments)) or "none"
            raise UserError(f"The gradebook has no assignment {assignment!r}; it has: {known}.") from None
        graded = {submission.student.id for submission in gradebook.assignment_submissions(assignment)}
        handed_in = set(course.students("submitted", assignment))
        everybody = sorted(graded | handed_in)
        if student is not None and student not in everybody:
            some = ", ".join(everybody[:10]) + (", …" if len(everybody) > 10 else "")
            raise UserError(f"Nobody called {student!r} has handed in {assignment!r}; these have: {some or 'nobody'}.")
        found: list[Record] = []
        for name in everybody if student is None else [student]:
            for lesson in lessons:
                found += _lesson(course, gradebook, assignment, name, lesson, name in graded)
        return found


def _lesson(
    course: Course, gradebook: Gradebook, assignment: str, student: str, lesson: str, graded: bool
) -> Iterable[Record]:
    submitted = course.folder("submitted", student, assignment) / f"{lesson}.ipynb"
    notebook = _read(course.folder("autograded", student, assignment) / f"{lesson}.ipynb")
    there = submitted.is_symlink() or submitted.exists()
    if notebook is None and (there or not graded):
        reason = "handed in, but not graded yet: run `nbgrader autograde`" if there else _missing(lesson)
        return _without_verdicts(gradebook, assignment, student, lesson, None if there else 0.0, reason)
    entry = gradebook.find_submission_notebook(lesson, assignment, student)
    if notebook is None:
        found = _missing_but_known(entry, assignment, student, lesson)
    else:
        cells = {
            cell.metadata.nbgrader["grade_id"]: cell
            for cell in notebook.cells
            if "grade_id" in cell.metadata.get("nbgrader", {})
        }
        order = list(cells)
        grades = sorted(entry.grades, key=lambda g: order.index(g.name) if g.name in cells else len(order))
        found = [
            record for grade in grades for record in _grade(grade, cells.get(grade.name), notebook, student, lesson)
        ]
    return [*found, *_late(entry, student, lesson)]


def _missing(lesson: str) -> str:
    return f"no file {lesson}.ipynb was handed in"


def _read(path: Path) -> NotebookNode | None:
    return nbformat.read(path, as_version=4) if path.is_file() else None


def _without_verdicts(
    gradebook: Gradebook, assignment: str, student: str, lesson: str, points: float | None, reason: str
) -> list[Record]:
    """The same points and reason for every criterion of a lesson."""
    found = []
    notebook = gradebook.find_notebook(lesson, assignment)
    for cell in [*notebook.grade_cells, *notebook.task_cells]:
        found += _same_for_all(cell.name, cell.max_score, assignment, student, lesson, points, reason)
    return found


def _same_for_all(
    cell: str, most: float, assignment: str, student: str, lesson: str, points: float | None, reason: str
) -> list[Record]:
    known = graded_cell(assignment, lesson, cell)
    passed = None if points is None else False
    return [
        Record(student, lesson, cell, criterion, points, max_points, passed, None, reason)
        for criterion, max_points in _criteria(known, cell, most)
    ]


def _criteria(known: GradedCell | None, cell: str, most: float) -> list[tuple[str, float]]:
    """The criteria of a cell with their points; one that bears the cell's name where the rubric has none."""
    if known is None:
        return [(cell, most)]
    return [(criterion.id, criterion.points * most / known.points) for criterion in known.criteria]


def _missing_but_known(entry: SubmittedNotebook, assignment: str, student: str, lesson: str) -> list[Record]:
    found = []
    for grade in entry.grades:
        cell = _same_for_all(grade.name, grade.max_score, assignment, student, lesson, 0.0, _missing(lesson))
        found += [*cell, *_by_hand(grade, 0.0, student, lesson)]
    return found


def _grade(grade: Grade, cell: NotebookNode | None, notebook: NotebookNode, student: str, lesson: str) -> list[Record]:
    """The records of one graded cell."""
    notes = notebook.metadata.get(KEY, {}).get("notes", {}).get(grade.name, [])
    kept = cell.metadata.get(KEY) if cell is not None else None
    if kept is None or kept.get("for_a_person"):
        return [_manual(grade, kept, notes, student, lesson)]
    verdict = Verdict.from_dict(kept)
    named = ", ".join(diagnosis.misconception for diagnosis in verdict.diagnoses) or None
    found = []
    for number, mark in enumerate(verdict.marks):
        message = _with_notes(mark.message, verdict.notes if number == 0 else ())
        misconception = None if mark.passed else named
        found.append(
            Record(
                student,
                lesson,
                grade.name,
                mark.criterion,
                mark.points,
                mark.max_points,
                mark.passed,
                misconception,
                message,
            )
        )
    return [*found, *_by_hand(grade, grade.auto_score or 0.0, student, lesson)]


def _with_notes(message: str, notes: Iterable[str]) -> str:
    return " ".join([message.strip(), *(f"(Note: {note})" for note in notes)]).strip()


def _manual(grade: Grade, kept: NotebookNode | None, notes: list[str], student: str, lesson: str) -> Record:
    """A cell that a person grades."""
    waits = grade.manual_score is None and grade.needs_manual_grade
    if waits:
        message = f"{WAITS}: the judge failed on this cell" if kept else WAITS
    elif grade.manual_score is None:
        message = "no answer"
    else:
        message = "graded by a person"
    points = None if waits else grade.score
    passed = None if waits else grade.score >= grade.max_score
    return Record(
        student, lesson, grade.name, grade.name, points, grade.max_score, passed, None, _with_notes(message, notes)
    )


def _by_hand(grade: Grade, automatic: float, student: str, lesson: str) -> list[Record]:
    """What a person added to or took from an automatic grade."""
    difference = grade.score - automatic
    if not difference:
        return []
    message = f"a person changed {automatic:g} to {grade.score:g} points"
    return [Record(student, lesson, grade.name, "by-hand", difference, 0.0, None, None, message)]


def _late(entry: SubmittedNotebook, student: str, lesson: str) -> list[Record]:
    penalty = entry.late_submission_penalty or 0.0
    if not penalty:
        return []
    return [Record(student, lesson, "", "late-penalty", -penalty, 0.0, None, None, "handed in late")]
