"""Both assignments as they are released, from end to end: right answers get every point, untouched notebooks none."""

import re
import shutil

import nbformat
import pytest
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback

from autograder import ROOT
from autograder.course import Course
from autograder.rubric import LESSONS
from autograder.scores import records

MARKERS = re.compile(r"^[ \t]*### (BEGIN|END) SOLUTION\n?", re.MULTILINE)


@pytest.fixture(scope="module", params=sorted(LESSONS))
def graded(request, tmp_path_factory) -> tuple[str, Course]:
    """A course in which `right` handed in what the solutions say, and `untouched` the release as it is."""
    assignment, course = request.param, Course.apart(tmp_path_factory.mktemp("course"))
    source = course.folder("source", ".", assignment)
    shutil.copytree(
        ROOT / "solutions" / assignment, source, ignore=shutil.ignore_patterns("my_resnet.py", "__pycache__")
    )
    course.run(GenerateAssignment, assignment)
    for path in sorted(source.glob("*.ipynb")):
        release = nbformat.read(course.folder("release", ".", assignment) / path.name, as_version=4)
        written = {
            cell.metadata.nbgrader.grade_id: MARKERS.sub("", cell.source)
            for cell in nbformat.read(path, as_version=4).cells
            if cell.metadata.get("nbgrader", {}).get("solution")
        }
        for student in ("untouched", "right"):
            if student == "right":
                for cell in release.cells:
                    cell.source = written.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
            target = course.folder("submitted", student, assignment) / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(release, target)
    course.run(Autograde, assignment)
    course.run(GenerateFeedback, assignment)
    return assignment, course


def by_criterion(graded, student: str) -> dict[tuple[str, str], tuple[float, float]]:
    assignment, course = graded
    found = records(course, assignment, student)
    return {(one.cell, one.criterion): (one.points, one.max_points) for one in found if one.passed is not None}


def test_the_solutions_own_answers_get_every_point(graded):
    found = by_criterion(graded, "right")
    assert len(found) == sum(len(cell.criteria) for cells in LESSONS[graded[0]].values() for cell in cells)
    assert all(points == most for points, most in found.values()), found


def test_an_untouched_notebook_gets_none(graded):
    found = by_criterion(graded, "untouched")
    assert found and sum(points for points, _ in found.values()) == 0


def test_no_cell_of_a_right_answer_fails_while_it_is_graded(graded):
    assignment, course = graded
    for path in course.folder("autograded", "right", assignment).glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            errors = [output for output in cell.get("outputs", ()) if output.output_type == "error"]
            assert not errors, (path.name, cell.id, errors)


def test_everybody_gets_feedback_on_every_lesson(graded):
    assignment, course = graded
    for student in ("untouched", "right"):
        pages = course.folder("feedback", student, assignment).glob("*.html")
        assert sorted(page.stem for page in pages) == sorted(LESSONS[assignment])
