"""How long grading takes, against stock nbgrader, on the same submissions in the same run.

    python benchmarks/grading.py [--rounds 3] [--lesson 02_residual_block | --all | --otter] [--stock 2] [--ours 60]

Each round grades copies of one good submission in three ways: stock nbgrader (`nbgrader autograde` with its default
configuration and kernels, none of our plug-ins), ours one by one (`nbgrader autograde` as nbgrader_config.py has it), and
ours in parallel (`python -m autograder grade`). The lessons run in their profile for grading in all three. Stock gets
fewer copies, because it is slow and has no start-up to spread. Times are of the whole command, start-up included, per
notebook; the table has the medians over rounds and of the ratios within a round. About 10 minutes.

With --otter, the notebook is one question (the residual block) with what it needs and nothing else, and a fourth way is
measured beside: `otter run` of otter-grader, without containers, in an environment that is made for it. Its test is the
very measurement that our notebook hands in; it judges nothing and locks nothing in.

"Own code" is what the lesson's cells themselves take in a kernel that has imported everything; the rest is overhead.
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from autograder import demo  # noqa: E402
from autograder.course import Course  # noqa: E402
from autograder.grading.ahead import processors  # noqa: E402
from autograder.rubric import LESSONS  # noqa: E402

PROFILE = {"COURSE_PROFILE": "grade", "COURSE_DATA": "digits", "OMP_NUM_THREADS": "1"}
ONE_QUESTION = ("setup", "exercise-residual-block", "handin-residual-block")
"""The cells of lesson 02 that are left of it for the comparison with otter-grader."""
OTTER = ("otter-grader", "ipykernel", "nbconvert")
OTTER_TEST = """
OK_FORMAT = True
code = ">>> from course_utils.evidence import measured\\n>>> len(measured('residual_block', ResidualBlock, 'seed')) > 1000\\nTrue"
case = {"code": code, "hidden": False, "locked": False}
suite = {"cases": [case], "scored": True, "setup": "", "teardown": "", "type": "doctest"}
test = {"name": "q1", "points": 35, "suites": [suite]}
"""
STOCK_CONFIG = """c = get_config()
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
"""


def course_in(folder: Path, lessons: list[str], copies: int, stock: bool, cells: tuple[str, ...] = ()) -> Course:
    """A course with `copies` of the perfect sample; stock: one that knows nothing of ours; cells: those alone."""
    course = Course.apart(folder)
    source = course.folder("source", ".", "resnet")
    source.mkdir(parents=True)
    for lesson in lessons:
        notebook = nbformat.read(ROOT / "solutions" / "resnet" / f"{lesson}.ipynb", as_version=4)
        notebook.cells = [cell for cell in notebook.cells if not cells or cell.id in cells]
        nbformat.write(notebook, source / f"{lesson}.ipynb")
    if stock:
        (folder / "nbgrader_config.py").write_text(STOCK_CONFIG)
    nbgrader(course, stock, "generate_assignment", "resnet")
    given = demo.answers(course, "perfect")
    for lesson in lessons:
        release = nbformat.read(course.folder("release", ".", "resnet") / f"{lesson}.ipynb", as_version=4)
        for number in range(copies):
            target = course.folder("submitted", f"student-{number:03}", "resnet")
            target.mkdir(parents=True, exist_ok=True)
            nbformat.write(demo.filled(release, given), target / f"{lesson}.ipynb")
    return course


def nbgrader(course: Course, stock: bool, *command: str, fine: tuple[int, ...] = (0,)) -> float:
    where = course.root if stock else ROOT
    return seconds("nbgrader", *command, f"--course-dir={course.root}", cwd=where, fine=fine)


def seconds(*command: str, cwd: Path, fine: tuple[int, ...] = (0,)) -> float:
    """Run a Python module as a command; how long it took. Ends the program where its exit status is not `fine`."""
    with tempfile.TemporaryFile() as log:
        started = time.monotonic()
        environment = {**os.environ, **PROFILE}
        ran = subprocess.run(
            [sys.executable, "-m", *command], cwd=cwd, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        took = time.monotonic() - started
        log.seek(0)
        if ran.returncode not in fine:
            raise SystemExit(f"{' '.join(command)} ended with {ran.returncode}:\n{log.read()[-3000:].decode()}")
    return took


def own_code(course: Course, lessons: list[str]) -> float:
    """Seconds that the cells of a notebook take, on average, in a kernel that is ready and has imported everything."""
    student = course.students("submitted", "resnet")[-1]
    nbgrader(
        course, False, "autograde", "resnet", "--RunSubmission.record_timing=True", f"--student={student}", "--force"
    )
    total = 0.0
    for lesson in lessons:
        notebook = nbformat.read(course.folder("autograded", student, "resnet") / f"{lesson}.ipynb", as_version=4)
        for cell in notebook.cells:
            if times := cell.metadata.get("execution"):
                begun, ended = (
                    datetime.fromisoformat(times[name].replace("Z", "+00:00"))
                    for name in ("iopub.execute_input", "shell.execute_reply")
                )
                total += (ended - begun).total_seconds()
    return total / len(lessons)


def otter_in(folder: Path) -> Path:
    """Make an environment with otter-grader and the course, and otter's configuration of the one question. Returns otter."""
    uv = [sys.executable, "-m", "uv"]
    python = folder / "environment" / "bin" / "python"
    lock = ["--constraint", str(ROOT / "requirements.lock")]
    source = folder / "source"  # a copy: building leaves things behind
    shutil.copytree(ROOT / "course_utils", source / "course_utils")
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source)
    for command in (
        [*uv, "venv", "--quiet", "--python", sys.executable, str(folder / "environment")],
        [*uv, "pip", "install", "--quiet", "--python", str(python), *lock, *OTTER, str(source)],
    ):
        subprocess.run(command, check=True)
    (folder / "tests").mkdir()
    (folder / "tests" / "q1.py").write_text(OTTER_TEST)
    otter = python.with_name("otter")
    generate = [str(otter), "generate", "-t", "tests", "-o", "autograder.zip", "--no-requirements", "--no-environment"]
    subprocess.run(generate, cwd=folder, check=True, capture_output=True)
    return otter


def otter_run(otter: Path, folder: Path, course: Course) -> float:
    """Seconds that otter takes to grade every submission of `course`. Ends the program where one does not pass."""
    took = 0.0
    for student in course.students("submitted", "resnet"):
        (notebook,) = course.folder("submitted", student, "resnet").glob("*.ipynb")
        with tempfile.TemporaryDirectory() as out:
            command = [str(otter), "run", "-a", str(folder / "autograder.zip"), "-o", out, str(notebook)]
            started = time.monotonic()
            ran = subprocess.run(command, cwd=out, env={**os.environ, **PROFILE}, capture_output=True, text=True)
            took += time.monotonic() - started
            if ran.returncode:
                raise SystemExit(f"{' '.join(command)} ended with {ran.returncode}:\n{ran.stderr[-3000:]}")
            if '"score": 35.0' not in (Path(out) / "results.json").read_text():
                raise SystemExit(f"otter did not pass {notebook}: {(Path(out) / 'results.json').read_text()}")
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--lesson", default="02_residual_block", choices=sorted(LESSONS["resnet"]))
    parser.add_argument("--all", action="store_true", help="all four lessons")
    parser.add_argument("--otter", action="store_true", help="one question, and otter-grader beside")
    parser.add_argument("--stock", type=int, default=2, help="submissions that stock nbgrader grades in a round")
    parser.add_argument("--ours", type=int, default=60, help="submissions that each of our two ways grades in a round")
    options = parser.parse_args()
    lessons = sorted(LESSONS["resnet"]) if options.all else [options.lesson]
    cells = ONE_QUESTION if options.otter else ()
    workers = processors()
    times: dict[str, list[float]] = {"stock, one by one": [], "ours, one by one": [], f"ours, {workers} workers": []}
    with tempfile.TemporaryDirectory(prefix="course-bench-") as made:
        if options.otter:
            otter = otter_in(Path(made))
            times["otter run, one by one"] = []
        for number in range(options.rounds):
            with tempfile.TemporaryDirectory(prefix="course-bench-") as folder:
                stock = course_in(Path(folder) / "stock", lessons, options.stock, True, cells)
                ours = course_in(Path(folder) / "ours", lessons, options.ours, False, cells)
                found = [nbgrader(stock, True, "autograde", "resnet") / options.stock]
                found.append(nbgrader(ours, False, "autograde", "resnet") / options.ours)
                shutil.rmtree(ours.root / "autograded")
                grade = ("autograder", "grade", "resnet", "--course", str(ours.root), "--workers", str(workers))
                found.append(seconds(*grade, cwd=ROOT) / options.ours)
                if options.otter:
                    found.append(otter_run(otter, Path(made), stock) / options.stock)
                for name, value in zip(times, found, strict=True):
                    times[name].append(value / len(lessons))
                if number == 0:
                    own = own_code(ours, lessons)
            print(
                f"round {number + 1}: " + ", ".join(f"{name} {found[-1]:.2f} s" for name, found in times.items()),
                flush=True,
            )

    print(f"\n{' '.join(lessons)}{', one question' if options.otter else ''}: ", end="")
    print(f"{options.ours} submissions a round (stock: {options.stock}), {options.rounds} rounds,")
    print(f"{processors()} processors, Python {platform.python_version()}; own code {own:.2f} s a notebook\n")
    print("| grading | s a notebook | ratio to stock | share of overhead |")
    print("|---|---|---|---|")
    first = times["stock, one by one"]
    for name, found in times.items():
        ratio = statistics.median(a / b for a, b in zip(first, found, strict=True))
        at_once = workers if "workers" in name else 1
        overhead = max(0.0, 1 - own / (statistics.median(found) * at_once))
        print(f"| {name} | {statistics.median(found):.2f} | {ratio:.1f} | {100 * overhead:.0f} % |")


if __name__ == "__main__":
    main()
