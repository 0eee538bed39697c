"""Grading one submission where there is nothing but its bytes: nbgrader's Autograde in a course made for it alone.

The course has the release, a gradebook that knows the assignment and no student, and this submission; it is gone
afterwards. What comes back are the graded files and what was unusual.
"""

import glob
import re
import tempfile
import threading
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nbgrader.converters import Autograde, NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets import List, Unicode, import_item
from traitlets.config import Config

from autograder.course import Course, listening
from autograder.grading.files import Files, digest, pack, unpack
from autograder.nbgrader_plugins import unusual

_one_at_a_time = threading.Lock()  # nbgrader changes the process's working directory
_LAST_LINES = 20


@dataclass(frozen=True)
class Assignment:
    """What grading any submission of an assignment needs.

    files: of the course directory: the release, the gradebook without students, and what lies beside the solutions.
    settings: those that the configuration file has otherwise, as {class: {name: value}}.
    """

    name: str
    files: Files
    settings: dict[str, dict[str, object]]


@dataclass(frozen=True)
class Submission:
    student: str
    files: Files

    @cached_property
    def digest(self) -> str:
        return digest(self.files)


@dataclass(frozen=True)
class Graded:
    """A graded submission. failed: why there is no grade, else ""; unusual: what deserves a look; seconds: it took.

    disturbed: whether what else went on on the machine may have made it worse (see execute.py).
    """

    student: str
    files: Files
    unusual: tuple[str, ...]
    failed: str
    seconds: float
    disturbed: bool = False


class OneSubmission(Autograde):
    """nbgrader's Autograde for one student, whose name may hold anything that a folder's name can."""

    student = Unicode()
    saving = List(
        Unicode(),
        default_value=["autograder.nbgrader_plugins.saving.SaveVerdicts", "nbgrader.preprocessors.AssignLatePenalties"],
        help="Those of the autograde_preprocessors that write what was found into the gradebook: the coordinator's part.",
    ).tag(config=True)

    def init_notebooks(self) -> None:
        folder = self._format_source(self.coursedir.assignment_id, self.student)
        self.assignments = {folder: [str(path) for path in sorted(Path(folder).glob("*.ipynb"))]}


class GradeOne(OneSubmission):
    """Grades, and leaves it to the coordinator to save grades."""

    def _init_preprocessors(self) -> None:
        super()._init_preprocessors()
        saving = tuple(import_item(one) for one in self.saving)
        self.exporter._preprocessors = [one for one in self.exporter._preprocessors if not isinstance(one, saving)]


def grade_submission(assignment: Assignment, submission: Submission, folder: str | None = None) -> Graded:
    """Grade one submission. Never raises for what a student did. folder: for temporary files."""
    started = time.monotonic()
    with _one_at_a_time, tempfile.TemporaryDirectory(prefix="course-", dir=folder, ignore_cleanup_errors=True) as root:
        course = Course.apart(Path(root).resolve())
        unpack(assignment.files, course.root)
        unpack(submission.files, course.folder("submitted", submission.student, assignment.name))
        before, disturbed, failed = len(unusual.seen()), unusual.disturbances(), ""
        with listening() as lines:
            try:
                converter(GradeOne, course, assignment.name, submission.student, assignment.settings).start()
            except NbGraderException as error:
                failed = "\n".join(lines[-_LAST_LINES:]) or str(error)
        return Graded(
            submission.student,
            {} if failed else pack(course.folder("autograded", submission.student, assignment.name)),
            unusual.seen()[before:],
            failed,
            time.monotonic() - started,
            unusual.disturbances() > disturbed,
        )


def converter(
    kind: type[OneSubmission], course: Course, assignment: str, student: str, settings: dict, **more: object
) -> OneSubmission:
    """One of nbgrader's converters, ready to be started on one submission. `more` are arguments of its own."""
    # nbgrader takes the name for a pattern, without the spaces around it
    pattern = re.sub(r"\s", r"[\g<0>]", glob.escape(student))
    config = course.config(assignment, pattern)
    config.merge(Config(settings))
    return kind(coursedir=CourseDirectory(config=config), config=config, student=student, **more)
