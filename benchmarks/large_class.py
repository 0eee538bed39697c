"""A whole class, graded in one go and one by one: are the results the same, and how long does it take?

    python benchmarks/large_class.py [--students 300] [--lessons 02_residual_block …]

The class are copies of the samples in autograder/samples, good and bad ones. It is graded by `python -m autograder grade`,
then, in a second course, by `nbgrader autograde`, and every student's record (points, criteria, misconceptions) has to be
equal. The exit status is 1 where one is not.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from grading import nbgrader, seconds  # noqa: E402

from autograder import demo  # noqa: E402
from autograder.course import Course  # noqa: E402
from autograder.grading.ahead import processors  # noqa: E402
from autograder.rubric import LESSONS  # noqa: E402
from autograder.scores import records  # noqa: E402

CELL_SECONDS = 8  # one sample never ends


def class_in(root: Path, students: int, lessons: list[str]) -> Course:
    """A released course in which so many students have handed in copies of the samples, of these lessons."""
    course = Course.apart(root)
    source = course.folder("source", ".", "resnet")
    source.mkdir(parents=True)
    for lesson in sorted(LESSONS["resnet"]):
        shutil.copy(ROOT / "solutions" / "resnet" / f"{lesson}.ipynb", source)
    nbgrader(course, False, "generate_assignment", "resnet")
    for sample in demo.STUDENTS:
        demo.submit(course, sample)
        for path in (root / "submitted" / sample / "resnet").glob("*.ipynb"):
            if path.stem not in lessons:
                path.unlink()
        for copy in range(students // len(demo.STUDENTS) + 1):
            if copy * len(demo.STUDENTS) + demo.STUDENTS.index(sample) < students:
                target = root / "submitted" / f"{sample}-{copy:03}"
                shutil.copytree(root / "submitted" / sample, target)
        shutil.rmtree(root / "submitted" / sample)
    return course


def results(course: Course) -> dict[tuple, tuple]:
    return {
        (one.student, one.lesson, one.cell, one.criterion): (one.points, one.passed, one.misconception)
        for one in records(course, "resnet")
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=300)
    parser.add_argument("--lessons", nargs="+", default=sorted(LESSONS["resnet"]), choices=sorted(LESSONS["resnet"]))
    options = parser.parse_args()
    workers = processors()
    with tempfile.TemporaryDirectory(prefix="course-class-") as folder:
        at_once = class_in(Path(folder) / "at-once", options.students, options.lessons)
        one_by_one = Course.apart(Path(folder) / "one-by-one")
        shutil.copytree(at_once.root, one_by_one.root)
        took = {}
        grade = ("autograder", "grade", "resnet", "--course", str(at_once.root), "--workers", str(workers))
        took["in one go"] = seconds(*grade, "--cell-seconds", str(CELL_SECONDS), cwd=ROOT, fine=(0, 3))
        timeout = f"--RunSubmission.timeout={CELL_SECONDS}"
        took["one by one"] = nbgrader(one_by_one, False, "autograde", "resnet", timeout, fine=(0, 3))
        for way, total in took.items():
            notebooks = options.students * len(options.lessons)
            print(f"{way}: {notebooks} notebooks in {total:.0f} s, {total / notebooks:.2f} s each")
        first, second = results(at_once), results(one_by_one)
    different = sorted(key for key in first.keys() | second.keys() if first.get(key) != second.get(key))
    print(
        f"{options.students} students, {workers} workers, load {os.getloadavg()[0]:.1f}: {len(first)} records, ", end=""
    )
    print(f"{len(different)} of them different{': ' + str(different[:5]) if different else ''}")
    return bool(different) or len(first) < options.students


if __name__ == "__main__":
    sys.exit(main())
