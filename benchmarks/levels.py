"""What a level of locking in costs: seconds a notebook, kernels by Landlock against kernels in namespaces, in the same run.

    python benchmarks/levels.py [--rounds 9] [--lesson 02_residual_block]

Each round grades the lesson's solution once at each level, in alternating order, as a worker does it: everything but the
gradebook. Both warm processes are started before. Printed are the median of each, and median, lowest and highest of the ratios
round by round.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from nbgrader.converters import GenerateAssignment  # noqa: E402
from permissions import LEVELS, where_forbidden  # noqa: E402

from autograder.course import Course  # noqa: E402
from autograder.grading.files import pack  # noqa: E402
from autograder.grading.keeping import released  # noqa: E402
from autograder.grading.worker import Submission, grade_submission  # noqa: E402
from autograder.kernels.connection import PRELOAD, WarmProcess  # noqa: E402
from autograder.nbgrader_plugins import LOCKED_IN  # noqa: E402

TRIED = ("landlock", "namespaces")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--lesson", default="02_residual_block")
    asked = parser.parse_args()
    warm = {level: where_forbidden(LEVELS[level], lambda: WarmProcess.started(PRELOAD)) for level in TRIED}
    with tempfile.TemporaryDirectory() as folder:
        course = Course.apart(Path(folder))
        source = ROOT / "solutions" / "resnet" / f"{asked.lesson}.ipynb"
        for step, student in (("source", "."), ("submitted", "ada")):
            place = course.folder(step, student, "resnet")
            place.mkdir(parents=True)
            shutil.copy(source, place)
        course.run(GenerateAssignment, "resnet")
        assignment = released(course, "resnet", {})
        submission = Submission("ada", pack(course.folder("submitted", "ada", "resnet")))
        seconds = {level: [] for level in TRIED}
        for number in range(asked.rounds + 1):  # the first is not counted
            for level in TRIED if number % 2 else reversed(TRIED):
                WarmProcess._of_this_process = warm[level]
                graded = grade_submission(assignment, submission)
                _, notebook = graded.files[f"{asked.lesson}.ipynb"]
                if f'"{LOCKED_IN}": "{level}"'.encode() not in notebook or graded.unusual:
                    sys.exit(f"At {level} something went wrong: {graded.failed or graded.unusual}")
                if number:
                    seconds[level].append(graded.seconds)
    ratios = [one / other for one, other in zip(*(seconds[level] for level in TRIED), strict=True)]
    for level in TRIED:
        print(f"{level:10} {statistics.median(seconds[level]):.3f} s a notebook")
    print(f"ratio      {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}), {asked.rounds} rounds")


if __name__ == "__main__":
    main()
