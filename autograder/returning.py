"""Grades as CSV for those who keep them: nbgrader's own format, Canvas's gradebook, Moodle's grading worksheet.

The one idea: Canvas and Moodle know their students best, so the file that they export is the frame, one column of it is
filled, and whatever does not fit into it is named. No text from a student can become a formula in a spreadsheet.
"""

import csv
import io
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment
from nbgrader.plugins import CsvExportPlugin

from autograder.course import Course
from autograder.errors import UserError
from autograder.formats import Format

CANVAS = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
MOODLE = [
    "Identifier",
    "Full name",
    "Email address",
    "Status",
    "Grade",
    "Maximum Grade",
    "Grade can be changed",
    "Last modified (submission)",
    "Last modified (grade)",
    "Feedback comments",
]
POINTS_POSSIBLE = "Points Possible"


@dataclass(frozen=True)
class Grade:
    """One student's points for an assignment, late penalties taken off.

    waits: whether a person still has to grade something of it.
    """

    student: str
    first_name: str
    last_name: str
    email: str
    points: float
    waits: bool

    @property
    def cell(self) -> str:
        return f"{self.points:.2f}"


@dataclass(frozen=True)
class Returned:
    """The text of a CSV file, and what the person who returns grades should know.

    homeless: students with a grade and without a row. waiting: those of whose work a person has not graded all.
    ungraded: those who handed in and have no grade yet.
    """

    text: str
    homeless: tuple[str, ...]
    waiting: tuple[str, ...]
    ungraded: tuple[str, ...]
    remarks: tuple[str, ...]


def grades(course: Course, assignment: str, form: Format, roster: Path | None = None, column: str = "") -> Returned:
    """The grades of an assignment as CSV.

    roster: what Canvas or Moodle has exported; its one column is filled, and all else stays as it is.
    column: the name of that column, where the assignment's own name does not find it.
    Raises UserError for an unknown assignment, or a roster that cannot be read or lacks a column.
    """
    if roster is not None and form is Format.NBGRADER:
        raise UserError("nbgrader's format takes no roster: it has a row for every student in the gradebook.")
    with course.gradebook() as gradebook:
        try:
            most = gradebook.find_assignment(assignment).max_score
        except MissingEntry:
            known = ", ".join(sorted(a.name for a in gradebook.assignments)) or "none"
            raise UserError(f"The gradebook has no assignment {assignment!r}; it has: {known}.") from None
        given = sorted(map(_grade, gradebook.assignment_submissions(assignment)), key=lambda grade: grade.student)
        remarks: list[str] = []
        if form is Format.NBGRADER:
            text, homeless = _nbgrader(gradebook, assignment), []
        elif roster is not None:
            text, homeless = _fill(roster, form, column or assignment, given, most, remarks)
        elif form is Format.CANVAS:
            text, homeless = _canvas(column or assignment, given, most), []
        else:
            text, homeless = _moodle(given, most)
    has_grade = {grade.student for grade in given}
    ungraded = [name for name in course.students("submitted", assignment) if name not in has_grade]
    waiting = [grade.student for grade in given if grade.waits]
    return Returned(text, tuple(homeless), tuple(waiting), tuple(ungraded), tuple(remarks))


def _grade(submission: SubmittedAssignment) -> Grade:
    student = submission.student
    points = max(0.0, submission.score - (submission.late_submission_penalty or 0.0))
    names = (student.first_name or "", student.last_name or "", student.email or "")
    return Grade(student.id, *names, points, submission.needs_manual_grade)


def write(text: str, path: Path) -> None:
    """Write a file; beside first, then renamed."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(path.name + ".part")
        beside.write_text(text, encoding="utf-8", newline="")
        beside.replace(path)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.") from None


# ------------------------------------------------------------------------------------------------ cells


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: where it could, an apostrophe stands before it."""
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@")) else text


def _csv(rows: list[list[str]], delimiter: str = ",", newline: str = "\n") -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator=newline).writerows(rows)
    return buffer.getvalue()


# ------------------------------------------------------------------------------------------------ nbgrader


class _ReadyCells:
    """A gradebook for nbgrader's exporter, which writes texts as they are: here they are CSV cells already."""

    def __init__(self, gradebook: Gradebook):
        self.gradebook = gradebook
        self.assignments = gradebook.assignments
        self.students = [
            SimpleNamespace(
                **{name: _cell(getattr(student, name)) for name in ("id", "first_name", "last_name", "email")}
            )
            for student in gradebook.students
        ]
        self.ids = {_cell(student.id): student.id for student in gradebook.students}

    def find_submission(self, assignment: str, student: str) -> SubmittedAssignment:
        return self.gradebook.find_submission(assignment, self.ids[student])


def _cell(text: str | None) -> str:
    """One cell as it stands in a CSV file."""
    return _csv([[harmless(text or ""), ""]]).removesuffix(",\n")


def _nbgrader(gradebook: Gradebook, assignment: str) -> str:
    """What `nbgrader export` writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "grades.csv"
        CsvExportPlugin(to=str(path), assignment=[assignment]).export(_ReadyCells(gradebook))
        with path.open(newline="") as file:  # in the encoding in which nbgrader wrote
            return file.read()


# ------------------------------------------------------------------------------------------------ without a roster


def _canvas(column: str, given: list[Grade], most: float) -> str:
    rows = [[*CANVAS, column], [POINTS_POSSIBLE, *[""] * (len(CANVAS) - 1), f"{most:.2f}"]]
    for grade in given:
        name = f"{grade.last_name}, {grade.first_name}".strip(", ") or grade.student
        number, login = (grade.student, "") if grade.student.isdecimal() else ("", grade.student)
        rows.append([harmless(name), number, "", harmless(login), "", grade.cell])
    return _csv(rows)


def _moodle(given: list[Grade], most: float) -> tuple[str, list[str]]:
    rows, homeless = [MOODLE], []
    for grade in given:
        if not grade.student.isdecimal():
            homeless.append(grade.student)
            continue
        name = harmless(f"{grade.first_name} {grade.last_name}".strip())
        row = [f"Participant {grade.student}", name, harmless(grade.email), "", grade.cell, f"{most:.2f}"]
        rows.append(row + [""] * (len(MOODLE) - len(row)))
    return _csv(rows), homeless


# ------------------------------------------------------------------------------------------------ with a roster


def _fill(
    path: Path, form: Format, column: str, given: list[Grade], most: float, remarks: list[str]
) -> tuple[str, list[str]]:
    """The roster with its one column filled, and who of the graded students has no row in it."""
    text, mark = _read(path)
    head = text.splitlines()[0] if text.strip() else ""
    delimiter = max(",;\t", key=head.count)
    newline = "\r\n" if "\r\n" in text else "\n"
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise UserError(f"{path} is no CSV file: {error}.") from None
    header = [name.strip() for name in rows[0]] if rows else []
    place = _place(path, header, form, column)
    if form is Format.CANVAS:
        keys = [header.index(name) for name in ("ID", "SIS Login ID", "SIS User ID") if name in header]
    else:
        keys = [header.index(name) for name in ("Identifier", "ID number", "Email address") if name in header]
    homes: list[dict[str, list[int]]] = [{} for _ in keys]
    for number, row in enumerate(rows[1:], start=1):
        row += [""] * (len(header) - len(row)) if row else []
        known = [_id(row[key], form, header[key]) if row else "" for key in keys]
        if any(known):
            row[place] = row[place] if row[place].strip().upper() == "EX" else ""  # Canvas: excused
            for home, name in zip(homes, known, strict=True):
                home.setdefault(name, []).append(number)
        elif row and form is Format.CANVAS and row[0].strip() == POINTS_POSSIBLE:
            _compare_points(row[place], most, remarks)
    if form is Format.MOODLE and "Maximum Grade" in header and len(rows) > 1 and rows[1]:
        _compare_points(rows[1][header.index("Maximum Grade")], most, remarks)
    homeless = []
    for grade in given:
        numbers = next((home[grade.student] for home in homes if grade.student in home), [])
        for number in numbers:
            rows[number][place] = grade.cell
        if not numbers:
            homeless.append(grade.student)
    return mark + _csv(rows, delimiter, newline), homeless


def _read(path: Path) -> tuple[str, str]:
    """A file's text and its byte order mark, which spreadsheets write and want."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UserError(f"The roster {path} cannot be read: {error.strerror}.") from None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise UserError(
            f"The roster {path} is not in UTF-8. Take the file as it was exported, or save it as “CSV UTF-8”."
        ) from None
    return text.removeprefix("\ufeff"), "\ufeff" if text.startswith("\ufeff") else ""


def _place(path: Path, header: list[str], form: Format, column: str) -> int:
    """Where the column for the grades is. Raises UserError where the roster is of another kind or has no such column."""
    wanted = ["Student", "ID"] if form is Format.CANVAS else ["Identifier", "Grade"]
    missing = [name for name in wanted if name not in header]
    if missing:
        raise UserError(
            f"The roster {path} has no column {' and no column '.join(map(repr, missing))}, as {form.title()}'s export"
            f" in English has; it has: {', '.join(header) or 'nothing'}."
        )
    if form is Format.MOODLE:
        return header.index("Grade")
    # Canvas adds its own number: "resnet (4711)"
    names = [name if name == column else re.sub(r" \(\d+\)$", "", name) for name in header]
    places = [place for place, name in enumerate(names) if name.casefold() == column.casefold() and name not in CANVAS]
    if len(places) != 1:
        found = f"{len(places)} columns" if places else "no column"
        others = ", ".join(name for name in header if name not in CANVAS) or "none"
        raise UserError(
            f"The roster {path} has {found} called {column!r}; besides the students' it has: {others}."
            " Name the right one with --column."
        )
    return places[0]


def _id(cell: str, form: Format, column: str) -> str:
    """What a cell says of who the student is; for Moodle's identifier, in any language, the number at its end."""
    cell = cell.strip()
    if form is Format.MOODLE and column == "Identifier":
        number = re.search(r"\d+$", cell)
        return number[0] if number else ""
    return cell


def _compare_points(cell: str, most: float, remarks: list[str]) -> None:
    try:
        there = float(cell.replace(",", "."))
    except ValueError:
        return
    if there != most:
        remarks.append(f"The roster counts up to {there:g} points, the grades written here up to {most:g}.")
