"""A course in miniature for the tests of grading: two lessons with the real ids and the real hand-ins, and little else.

Lessons are built here cell by cell, so a test can say in one line what a student did to them, and running one costs
hardly more than starting its kernel.
"""

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.coursedir import CourseDirectory

from autograder.course import Course

ROOT = Path(__file__).resolve().parents[1]

HAND_IN = (
    "# Graded: your answer is handed in here. Leave this cell as it is.\n"
    "### BEGIN HIDDEN TESTS\nhand_in({name!r}, {obj})\n### END HIDDEN TESTS"
)
COUNT = "def count_conv_layers(n_blocks):\n    return 1 + 6 * n_blocks"
PARAMETERS = (
    "def plain_block_parameters(in_channels, out_channels):\n"
    "    return 9 * out_channels * (in_channels + out_channels) + 4 * out_channels"
)
GAP = (
    "def accuracy_gap(histories):\n"
    "    last = {k: [h.test_accuracy[-1] for h in v] for k, v in histories.items()}\n"
    "    return sum(last['residual']) / len(last['residual']) - sum(last['plain']) / len(last['plain'])"
)


def marks(grade_id: str, **values) -> dict:
    """nbgrader's cell metadata."""
    fixed = {
        "grade_id": grade_id,
        "schema_version": 3,
        "grade": False,
        "solution": False,
        "locked": False,
        "task": False,
    }
    return {"nbgrader": {**fixed, **values}}


def exercise(grade_id: str, solution: str):
    """An answer cell: the first line is given, what follows is the solution."""
    head, body = solution.split("\n", 1)
    source = f"{head}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION"
    return new_code_cell(source, id=grade_id, metadata=marks(grade_id, solution=True))


def hand_in(grade_id: str, obj: str, points: int):
    source = HAND_IN.format(name=obj, obj=obj)
    return new_code_cell(source, id=grade_id, metadata=marks(grade_id, grade=True, locked=True, points=points))


def reflection(points: int = 10):
    values = {"grade": True, "solution": True, "points": points}
    return new_markdown_cell("A fine answer.", id="reflection", metadata=marks("reflection", **values))


def notebook(*cells):
    first = new_code_cell("from course_utils.evidence import hand_in", id="first")
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return new_notebook(cells=[new_markdown_cell("# A lesson", id="title"), first, *cells], metadata=kernel)


def lesson_01():
    return notebook(
        exercise("exercise-count-conv-layers", COUNT),
        new_markdown_cell("Now the parameters.", id="between"),
        hand_in("handin-count-conv-layers", "count_conv_layers", 5),
        exercise("exercise-plain-block-parameters", PARAMETERS),
        hand_in("handin-plain-block-parameters", "plain_block_parameters", 10),
    )


def lesson_04():
    return notebook(
        exercise("exercise-accuracy-gap", GAP),
        hand_in("handin-accuracy-gap", "accuracy_gap", 6),
        new_markdown_cell("What did you see?", id="question"),
        reflection(),
        new_markdown_cell("The end.", id="end"),
    )


LESSONS = {"01_plain_baseline": lesson_01, "04_fair_comparison": lesson_04}
ANSWERS = {
    "exercise-count-conv-layers": COUNT,
    "exercise-plain-block-parameters": PARAMETERS,
    "exercise-accuracy-gap": GAP,
    "reflection": "Residual networks train further down.",
}


class TinyCourse:
    """A course directory with released lessons, in which students hand in and are graded in this process."""

    def __init__(self, root: Path, lessons: tuple[str, ...] = tuple(LESSONS)):
        self.root = root
        for lesson in lessons:
            path = root / "solutions" / "resnet" / f"{lesson}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(LESSONS[lesson](), path)
        self.convert(GenerateAssignment)

    def convert(self, converter, student: str = "*", **traits) -> None:
        """Run one of nbgrader's converters; traits are written Section__trait=value."""
        config = Course(self.root).config("resnet", student)
        for name, value in traits.items():
            section, trait = name.split("__")
            config[section][trait] = value
        converter(coursedir=CourseDirectory(config=config), config=config).start()

    def autograde(self, student: str = "*", **traits) -> None:
        self.convert(Autograde, student, **traits)

    def released(self, lesson: str):
        return nbformat.read(self.root / "notebooks" / "resnet" / f"{lesson}.ipynb", as_version=4)

    def path(self, student: str, lesson: str, step: str = "submitted") -> Path:
        return self.root / step / student / "resnet" / f"{lesson}.ipynb"

    def submit(self, student: str, lesson: str, book) -> Path:
        """Hand in a notebook, or any text or bytes in place of one."""
        path = self.path(student, lesson)
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(book, bytes):
            path.write_bytes(book)
        elif isinstance(book, str):
            path.write_text(book)
        else:
            nbformat.write(book, path)
        return path

    def graded(self, student: str, lesson: str):
        return nbformat.read(self.path(student, lesson, "autograded"), as_version=4)


def answered(book, **answers: str):
    """The released notebook with the answers of `ANSWERS`, or those given (with _ for -), in its answer cells."""
    given = {**ANSWERS, **{name.replace("_", "-"): text for name, text in answers.items()}}
    for cell in book.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in given:
            cell.source = given[grade_id]
    return book


def cell_of(book, grade_id: str):
    """The one cell with this grade_id."""
    (found,) = [cell for cell in book.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id]
    return found
