"""Keeping a graded submission: its grades in the gradebook, then its files in autograded/, whole or not at all.

Beside the graded notebooks lies a record of which submission they are the grade of. It comes with them when their folder
gets its final name, which is the last step. So whatever interrupts, a submission is either kept, or graded once more.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat
from nbgrader.api import Base, Gradebook, MissingEntry
from nbgrader.converters import NbGraderException
from nbgrader.utils import rmtree
from sqlalchemy import create_engine, insert, select
from traitlets import Instance, import_item

from autograder.course import GRADEBOOK, Course, listening, make_tables
from autograder.errors import UserError
from autograder.grading.files import Files, pack
from autograder.grading.worker import Assignment, Graded, OneSubmission, Submission, converter

RECORD = ".graded.json"
_UNFINISHED = ".unfinished"
_OF_THE_RELEASE = ("course", "assignment", "notebook", "base_cell", "grade_cells", "solution_cells", "task_cells")
_OF_THE_RELEASE += ("source_cell",)


@dataclass(frozen=True)
class Record:
    """What is known of a kept submission: its digest, what was unusual about it, and how many seconds it took."""

    submission: str
    unusual: tuple[str, ...]
    seconds: float


def kept(course: Course, assignment: str, student: str) -> Record | None:
    """The record of a student's graded submission, or None."""
    try:
        values = json.loads((course.folder("autograded", student, assignment) / RECORD).read_text(encoding="utf-8"))
        return Record(**{**values, "unusual": tuple(values["unusual"])})
    except (FileNotFoundError, ValueError, TypeError, KeyError):  # none, or not one of ours
        return None


def released(course: Course, name: str, settings: dict[str, dict[str, object]]) -> Assignment:
    """What workers need to grade any submission of an assignment. Raises UserError where it was not released."""
    with course.gradebook() as gradebook:
        try:
            gradebook.find_assignment(name)
        except MissingEntry:
            raise UserError(
                f"The gradebook has no assignment {name!r}. Release it first: `nbgrader generate_assignment {name}`."
            ) from None
    files: Files = {}
    ignored = course.directory.ignore
    for step, left_out in (("release", []), ("source", ["*.ipynb"])):
        folder = course.folder(step, ".", name)
        inside = os.path.relpath(folder, course.root)
        files |= {f"{inside}/{path}": entry for path, entry in pack(folder, [*ignored, *left_out]).items()}
    with tempfile.TemporaryDirectory() as folder:
        _copy_without_students(course.directory.db_url, Path(folder) / GRADEBOOK)
        files |= pack(Path(folder))
    return Assignment(name, files, settings)


def _copy_without_students(url: str, path: Path) -> None:
    """Write to `path` an SQLite gradebook that has the assignments of the one at `url`, and nobody's grades."""
    make_tables(f"sqlite:///{path}")
    engine = create_engine(f"sqlite:///{path}")
    with Gradebook(url) as real, engine.begin() as copy:
        for name in _OF_THE_RELEASE:
            table = Base.metadata.tables[name]
            if rows := [dict(row) for row in real.db.execute(select(table)).mappings()]:
                copy.execute(insert(table), rows)
    engine.dispose()


class KeepOne(OneSubmission):
    """nbgrader's Autograde with the running left out: it saves the grades that a worker has found."""

    graded = Instance(Graded)
    trouble: Exception | None = None  # nbgrader logs what goes wrong, and raises something else

    @property
    def _output_directory(self) -> str:
        return super()._output_directory + _UNFINISHED

    def run_pre_convert_hook(self) -> None:
        """Nothing: the worker has run it."""

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        self.folder = Path(self._format_dest(assignment_id, student_id))
        if self.folder.exists():
            rmtree(str(self.folder))
        self.folder.mkdir(parents=True)
        return True

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        with self._noting_trouble():
            super().init_assignment(assignment_id, student_id)

    def convert_single_notebook(self, notebook_filename: str) -> None:
        with self._noting_trouble():
            resources = self.init_single_notebook_resources(notebook_filename)
            _, content = self.graded.files[Path(notebook_filename).name]
            text = content.decode("utf-8")
            notebook = nbformat.reads(text, as_version=4)
            for name in self.saving:
                notebook, resources = import_item(name)(parent=self)(notebook, resources)
            (self.folder / Path(notebook_filename).name).write_text(text, encoding="utf-8")

    @contextmanager
    def _noting_trouble(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self.trouble = error
            raise


def keep(course: Course, assignment: Assignment, submission: Submission, graded: Graded) -> None:
    """Save the grades, then put the files in their place.

    Raises what nbgrader met: OSError or SQLAlchemy's OperationalError where nothing can be written, for example.
    """
    saving = converter(KeepOne, course, assignment.name, graded.student, assignment.settings, graded=graded)
    try:
        with listening():
            saving.start()
        folder = course.root / saving.folder
        record = Record(submission.digest, graded.unusual, graded.seconds)
        (folder / RECORD).write_text(json.dumps(asdict(record)), encoding="utf-8")
        final = course.folder("autograded", graded.student, assignment.name)
        if final.exists():
            rmtree(str(final))
        final.parent.mkdir(parents=True, exist_ok=True)
        folder.rename(final)
    except NbGraderException as error:
        raise saving.trouble or error from error
    finally:
        unfinished = course.root / (course.directory.autograded_directory + _UNFINISHED)
        shutil.rmtree(unfinished, ignore_errors=True)  # what is left there is removed before the next is kept, too
