"""The course as nbgrader sees it: its configuration and its folders, for our own commands.

One place reads `nbgrader_config.py`, so that `python -m autograder` and `nbgrader` never mean different folders.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import Base, Gradebook
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import create_engine
from traitlets.config import Config, PyFileConfigLoader

from autograder import ROOT
from autograder.errors import UserError

GRADEBOOK = "gradebook.db"


@dataclass(frozen=True)
class Course:
    """A course directory, with the repository's configuration.

    gradebook_url: "" for the configured one. settings: those that the configuration has otherwise, {class: {name: value}}.
    """

    root: Path
    gradebook_url: str = ""
    settings: dict[str, dict[str, object]] = field(default_factory=dict)

    @classmethod
    def apart(cls, root: Path, settings: dict[str, dict[str, object]] | None = None) -> "Course":
        """A course with a gradebook of its own in `root`, whatever is configured."""
        return cls(root, f"sqlite:///{root.resolve() / GRADEBOOK}", settings or {})

    def config(self, assignment: str = "", student: str = "*") -> Config:
        """A fresh configuration for nbgrader's converters."""
        config = Config(PyFileConfigLoader("nbgrader_config.py", str(ROOT)).load_config())
        config.CourseDirectory.root = str(self.root.resolve())
        config.CourseDirectory.assignment_id = assignment
        config.CourseDirectory.student_id = student
        if self.gradebook_url:
            config.CourseDirectory.db_url = self.gradebook_url
        config.merge(Config(self.settings))
        return config

    @property
    def directory(self) -> CourseDirectory:
        return CourseDirectory(config=self.config())

    def folder(self, step: str, student: str, assignment: str) -> Path:
        """One student's folder in a step such as "autograded"; for the release the student is "."."""
        directory = self.directory
        return Path(directory.format_path(getattr(directory, f"{step}_directory"), student, assignment))

    def students(self, step: str, assignment: str) -> list[str]:
        """Everybody who has a folder of this assignment in a step."""
        folder = self.folder(step, "x", assignment).parent.parent
        return sorted(path.name for path in folder.glob("*") if (path / assignment).is_dir() and path.name != ".")

    def run(self, converter: type, assignment: str, student: str = "*", ignore: list[str] | None = None) -> None:
        """Run one of nbgrader's converters. Raises NbGraderException where it gives up.

        ignore: names of files that are not copied, in place of the configured ones.
        """
        config = self.config(assignment, student)
        if ignore is not None:
            config.CourseDirectory.ignore = ignore
        converter(coursedir=CourseDirectory(config=config), config=config).start()

    def gradebook(self) -> Gradebook:
        """The gradebook, to be used in a with statement. Raises UserError where there is none yet."""
        url = self.directory.db_url
        if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///").split("?")[0]).is_file():
            raise UserError(
                f"There is no gradebook in {self.root} yet. Release and grade an assignment first:"
                " `nbgrader generate_assignment resnet`, then `nbgrader autograde resnet`."
            )
        return Gradebook(url)


def make_tables(url: str) -> None:
    """Make nbgrader's tables in a new gradebook; else nbgrader runs a command of alembic's, for the day when they change."""
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()


@contextmanager
def listening() -> Iterator[list[str]]:
    """What is logged meanwhile, line by line, which else would be printed."""
    lines: list[str] = []

    class Listen(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    log, listen = logging.getLogger("traitlets"), Listen()
    level, propagate, others = log.level, log.propagate, log.handlers
    log.handlers, log.propagate = [listen], False
    log.setLevel(logging.WARNING)
    try:
        yield lines
    finally:
        log.handlers, log.propagate = others, propagate
        log.setLevel(level)
