"""The whole path in one command: release, a small class, grades, feedback, and the experiment that it is all about.

Everything happens in one working folder, which is made anew, with nbgrader's own commands and the repository's own
configuration. The class is built from the release: each sample student gets the released notebooks, and answers in
their solution cells (see samples/README.md).
"""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.converters import GenerateAssignment
from rich.console import Console
from rich.table import Table

from autograder import ROOT
from autograder.course import Course
from autograder.errors import UserError
from autograder.grading.ahead import processors
from autograder.grading.cluster import on_this_machine
from autograder.grading.grade import grade, show_outcome
from autograder.locking_in import settle
from autograder.nbgrader_plugins.unusual import STATUS
from autograder.rubric import LESSONS
from autograder.scores import records

ASSIGNMENT = "resnet"
SAMPLES = Path(__file__).resolve().parent / "samples"
STUDENTS = ("perfect", "blank", "plain-block", "relu-before-add", "off-by-one", "raises", "loops-forever")
MARKER = ".made-by-demo"
CELL_SECONDS = 30
"""An endless cell costs this long. Honest cells take a few seconds when they are graded."""

_MARKERS = re.compile(r"^[ \t]*### (BEGIN|END) SOLUTION[ \t]*\n?", re.MULTILINE)


def run(folder: Path) -> None:
    """Run the demo in `folder`, and print the grade table and where everything lies.

    Raises UserError where the folder is somebody else's or where a step fails.
    """
    console = Console()
    started = time.monotonic()

    def step(number: int, text: str) -> None:
        console.print(f"[bold]{number}/5[/bold] {text} [dim]({time.monotonic() - started:.0f} s)[/dim]")

    folder = _fresh(folder)
    settled = settle(Course(ROOT).config(), own="The sample class")
    console.print(settled.line, style="dim")
    course = Course.apart(folder, settled.settings)
    step(1, f"Releasing {ASSIGNMENT!r} from solutions/")
    shutil.copytree(ROOT / "solutions" / ASSIGNMENT, course.folder("source", ".", ASSIGNMENT), ignore=_only_notebooks)
    course.run(GenerateAssignment, ASSIGNMENT)
    step(2, f"Building a class of {len(STUDENTS)} from the release")
    for student in STUDENTS:
        submit(course, student)
    step(3, f"Grading {len(STUDENTS) * len(_lessons(course))} notebooks: python -m autograder grade {ASSIGNMENT}")
    autograde(course, console)
    step(4, f"Writing feedback: nbgrader generate_feedback {ASSIGNMENT}")
    feedback(course)
    step(5, "Training plain against residual on digits, 31 conv layers, 3 seeds")
    figure = train(course.root / "plain-vs-residual.png", console)
    report(course, figure, console)
    console.print(f"[dim]Done in {time.monotonic() - started:.0f} s.[/dim]")


def _fresh(folder: Path) -> Path:
    """An empty folder. Only one that an earlier demo made is emptied."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).exists():
        raise UserError(f"{folder} holds files that no demo made. Name a folder that is empty or not there yet.")
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / MARKER).touch()
    return folder


def _only_notebooks(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if not name.endswith(".ipynb")}


def _lessons(course: Course) -> list[str]:
    return sorted(path.stem for path in course.folder("release", ".", ASSIGNMENT).glob("*.ipynb"))


def answers(course: Course, student: str) -> dict[str, str]:
    """A sample student's answers by the exercise's grade_id: those of solutions/, but for the student's own files."""
    if student == "blank":
        return {}
    found = {"reflection": (SAMPLES / "reflection.md").read_text(encoding="utf-8").strip()}
    for path in sorted(course.folder("source", ".", ASSIGNMENT).glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            marks = cell.metadata.get("nbgrader", {})
            if marks.get("solution") and not marks.get("grade"):
                found[marks["grade_id"]] = _MARKERS.sub("", cell.source).strip("\n")
    own = {path.stem: path.read_text(encoding="utf-8").strip("\n") for path in (SAMPLES / student).glob("*.py")}
    if unknown := own.keys() - found.keys():
        raise UserError(f"samples/{student} answers {', '.join(sorted(unknown))}, and no lesson has such an exercise.")
    return found | own


def filled(release: NotebookNode, answers: dict[str, str]) -> NotebookNode:
    """A released notebook with answers written into its solution cells; the others stay as they are."""
    notebook = nbformat.from_dict(release)
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in answers:
            cell.source = answers[grade_id]
    return notebook


def submit(course: Course, student: str) -> None:
    """Hand in every lesson for a sample student."""
    given = answers(course, student)
    folder = course.folder("submitted", student, ASSIGNMENT)
    folder.mkdir(parents=True)
    for lesson in _lessons(course):
        release = nbformat.read(course.folder("release", ".", ASSIGNMENT) / f"{lesson}.ipynb", as_version=4)
        nbformat.write(filled(release, given), folder / f"{lesson}.ipynb")


def autograde(course: Course, console: Console) -> None:
    """Grade the class as `python -m autograder grade` does."""
    settings = {**course.settings, "RunSubmission": {"timeout": CELL_SECONDS}}
    outcome = grade(course, ASSIGNMENT, on_this_machine(min(2, processors())), settings, console)
    show_outcome(outcome, console)
    if outcome.status not in (0, STATUS):  # an endless loop is in the class on purpose, so something is unusual
        raise UserError(f"Not everybody could be graded: {outcome.failed or outcome.left}")


def feedback(course: Course) -> None:
    """Write the feedback pages as an instructor does, from the root. Raises UserError where nbgrader gives up."""
    command = [
        "nbgrader",
        "generate_feedback",
        ASSIGNMENT,
        f"--course-dir={course.root}",
        f"--db={course.gradebook_url}",
    ]
    log = course.root / "feedback.log"
    with log.open("w") as file:
        ran = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, stdout=file, stderr=subprocess.STDOUT)
    if ran.returncode:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
        raise UserError(f"{' '.join(command)} ended with status {ran.returncode}. The end of {log}:\n{tail}")


def train(path: Path, console: Console) -> Path:
    """Train plain against residual as lesson 04 does in its quick profile; save the curves, print the table."""
    import torch

    from autograder.reference import ResidualBlock, SimpleResNet
    from course_utils import PlainBlock, compare, course_settings, load_data, plot_curves, summary_table

    before = {name: os.environ.get(name) for name in ("COURSE_DATA", "COURSE_PROFILE")}
    os.environ |= {"COURSE_DATA": "digits", "COURSE_PROFILE": "quick"}
    try:
        settings = course_settings()
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
    data = load_data(settings.data, device="cuda" if torch.cuda.is_available() else "cpu", limit=settings.limit)
    networks = {
        "plain": lambda: SimpleResNet(settings.n_blocks, PlainBlock),
        "residual": lambda: SimpleResNet(settings.n_blocks, ResidualBlock),
    }
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # pictures of 8×8 are too small to share: more threads mostly wait for each other
    comparison = compare(networks, data, settings.recipe, settings.seeds)
    torch.set_num_threads(threads)
    plot_curves(comparison).savefig(path, dpi=150)
    console.print(str(summary_table(comparison)), markup=False, highlight=False)
    return path


def report(course: Course, figure: Path, console: Console) -> None:
    """Print the grade table (students × lessons), and the paths of the feedback pages and of the figure."""
    found = records(course, ASSIGNMENT)
    lessons = _lessons(course)
    automatic = {lesson: [r for r in found if r.lesson == lesson and r.points is not None] for lesson in lessons}
    table = Table()
    table.add_column("student", no_wrap=True)
    for lesson in lessons:
        most = sum(cell.points for cell in LESSONS[ASSIGNMENT][lesson])
        table.add_column(f"{lesson[:2]}\nof {most:g}", justify="right", no_wrap=True)
    table.add_column("total", justify="right", style="bold")
    for student in STUDENTS:
        points = [sum(r.points for r in automatic[lesson] if r.student == student) for lesson in lessons]
        table.add_row(student, *(f"{value:g}" for value in points), f"{sum(points):g}")
    console.print("\n[bold]Points[/bold] [dim](the written reflection waits for a person)[/dim]")
    console.print(table)
    console.print("\n[bold]What was misunderstood[/bold]")
    for student in STUDENTS:
        named = dict.fromkeys(r.misconception for r in found if r.student == student and r.misconception)
        if named:
            console.print(f"  {student}: {', '.join(named)}")
    console.print("\n[bold]Feedback pages[/bold]")
    for student in STUDENTS:
        for page in sorted(course.folder("feedback", student, ASSIGNMENT).glob("*.html")):
            print(f"  {_short(page)}")
    console.print("\n[bold]Figure[/bold]")
    print(f"  {_short(figure)}")


def _short(path: Path) -> str:
    """The path from where the command was started, if it lies below."""
    path = path.resolve()
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
