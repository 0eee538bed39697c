"""Grading one notebook now, with nothing left behind: a course for one student, in a temporary folder.

The one idea: what `check` says is what `nbgrader autograde` would say, because it is nbgrader that says it.
"""

import shutil
import tempfile
from pathlib import Path

from nbgrader.converters import Autograde, GenerateAssignment, NbGraderException

from autograder import ROOT
from autograder.course import Course, listening, make_tables
from autograder.errors import UserError
from autograder.nbgrader_plugins.look_over import lesson_of
from autograder.rubric import LESSONS
from autograder.scores import Record, records

STUDENT = "checked"
CARRIED = "my_resnet.py"


def recognise(path: Path) -> tuple[str, str]:
    """Assignment and lesson of a notebook, by its file name or else by its cells.

    Raises UserError for a file that is not there or not known.
    """
    if not path.exists():
        raise UserError(f"There is no file {path}.")
    if path.is_dir():
        raise UserError(f"{path} is a folder; name one notebook in it.")
    for assignment, lessons in LESSONS.items():
        if path.stem in lessons:
            return assignment, path.stem
    for assignment in LESSONS:
        if (lesson := lesson_of(path, assignment)) is not None:
            return assignment, lesson
    known = ", ".join(lesson for lessons in LESSONS.values() for lesson in lessons)
    raise UserError(
        f"{path} cannot be recognised as a lesson, neither by its name nor by its cells."
        f" Give it the name of its lesson, .ipynb at the end: {known}."
    )


def check(path: Path, settings: dict[str, dict[str, object]] | None = None) -> tuple[str, list[Record]]:
    """Grade the notebook at `path`. Returns its lesson, and a record for every criterion.

    settings: those that the configuration has otherwise (see course.Course). `my_resnet.py` beside the notebook is handed in with it. Raises UserError for a file that is not there or not known.
    """
    assignment, lesson = recognise(path)
    source = ROOT / "solutions" / assignment / f"{lesson}.ipynb"
    if not source.is_file():
        raise UserError(f"{source} is missing: notebooks are graded against it.")
    with tempfile.TemporaryDirectory(prefix="course-check-", ignore_cleanup_errors=True) as folder:
        course = Course.apart(Path(folder), settings)
        _copy(source, course.folder("source", ".", assignment) / source.name)
        handed_in = course.folder("submitted", STUDENT, assignment)
        _copy(path, handed_in / f"{lesson}.ipynb")
        if (path.parent / CARRIED).is_file():
            _copy(path.parent / CARRIED, handed_in / CARRIED)
        make_tables(course.gradebook_url)
        _quietly(course, GenerateAssignment, assignment)
        _quietly(course, Autograde, assignment)
        return lesson, records(course, assignment, STUDENT)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _quietly(course: Course, converter: type, assignment: str) -> None:
    """Run a converter and show what it logs only if it gives up."""
    # A class never carries this file, lest the solutions' own one reach a student; here there is only the student's.
    ignore = [name for name in course.directory.ignore if name != CARRIED]
    with listening() as lines:
        try:
            course.run(converter, assignment, ignore=ignore)
        except NbGraderException as error:
            raise RuntimeError("nbgrader could not grade the notebook:\n" + "\n".join(lines[-20:])) from error
