"""The class of samples: what each mistake costs, lesson by lesson, and how answers get into released notebooks.

Answers are measured and judged in this process, without kernels; the demo itself runs the whole path.
"""

import copy

import nbformat
import pytest
import torch
import torch.nn.functional as F
from nbgrader.converters import GenerateAssignment
from torch import nn

from autograder import ROOT, demo
from autograder.course import Course
from autograder.errors import UserError
from autograder.judge import judge
from autograder.rubric import LESSONS
from course_utils import SetUp, course_settings, load_data
from course_utils.evidence import measured

LOOPS = "loops-forever"

EVERYTHING = {
    lesson: [criterion.id for cell in cells for criterion in cell.criteria]
    for lesson, cells in LESSONS["resnet"].items()
}
COSTS = {
    "perfect": {},
    "blank": EVERYTHING,
    # the shapes are right, and so is the network that is built from the block
    "plain-block": {
        "02_residual_block": [
            id for id in EVERYTHING["02_residual_block"] if id not in ("shapes-shown", "shapes-unseen")
        ]
    },
    # the parameters are right, too; what is computed from them is not
    "relu-before-add": {
        "02_residual_block": ["shortcut-identity", "shortcut-projection", "eval-mode", "gradients", "training"]
    },
    # widths, strides and order are right; whatever depends on the number of blocks is not
    "off-by-one": {"03_simple_resnet": ["parameter-count", "depth", "logits", "gradients", "training"]},
    "raises": {"02_residual_block": EVERYTHING["02_residual_block"]},
    LOOPS: {"01_plain_baseline": ["conv-layers-shown", "conv-layers-any"]},
}
"""What each student does not get; everything else they do."""

OBJECTS = {"residual_block": "ResidualBlock", "simple_resnet": "SimpleResNet"}
"""What is handed in under a name that is not its own."""


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Course:
    """The release that the demo starts from."""
    course = Course(tmp_path_factory.mktemp("demo"))
    source = course.folder("source", ".", "resnet")
    source.mkdir(parents=True)
    for path in (ROOT / "solutions" / "resnet").glob("*.ipynb"):
        (source / path.name).write_bytes(path.read_bytes())
    course.run(GenerateAssignment, "resnet")
    return course


@pytest.fixture(scope="module")
def judged(course):
    """(student, hand-in) → the criteria that are not met; an answer that several students give is judged once."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # small models: much faster where other processes run, and never slower
    settings, data = course_settings(), load_data("digits", device="cpu", limit=20)
    released = {}
    for path in course.folder("release", ".", "resnet").glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            released[cell.metadata.get("nbgrader", {}).get("grade_id")] = cell.source
    known: dict[tuple, list[str]] = {}

    def judge_one(student: str, cell) -> list[str]:
        given = released | demo.answers(course, student)
        exercise = cell.grade_id.replace("handin", "exercise")
        needed = [given["exercise-residual-block"]] if cell.hand_in == "simple_resnet" else []
        key = (*needed, given[exercise])
        if key not in known:
            names = {"nn": nn, "F": F, "torch": torch, "SetUp": SetUp, "settings": settings, "data": data}
            evidence, trouble = None, "the cell ran for too long"
            if not (student == LOOPS and cell.hand_in == "count_conv_layers"):
                try:
                    for source in key:
                        exec(compile(source, exercise, "exec"), names)  # our own sample answers
                    evidence = measured(cell.hand_in, names[OBJECTS.get(cell.hand_in, cell.hand_in)], "a seed")
                except (KeyError, NotImplementedError) as error:
                    trouble = repr(error)
            verdict = judge(cell, evidence, "a seed", trouble)
            known[key] = [mark.criterion for mark in verdict.marks if not mark.passed]
        return known[key]

    yield judge_one
    torch.set_num_threads(threads)


@pytest.mark.parametrize("student", COSTS)
def test_a_sample_costs_exactly_what_its_mistake_costs(judged, student):
    lost = {
        lesson: [criterion for cell in cells for criterion in judged(student, cell)]
        for lesson, cells in LESSONS["resnet"].items()
    }
    assert {lesson: ids for lesson, ids in lost.items() if ids} == COSTS[student]


def test_the_students_are_those_with_a_folder_of_answers_and_the_two_without():
    folders = {path.name for path in demo.SAMPLES.iterdir() if path.is_dir()}
    assert set(demo.STUDENTS) == folders | {"perfect", "blank"}
    assert set(COSTS) == set(demo.STUDENTS)


def test_perfect_answers_are_those_of_the_solutions_without_marks(course):
    given = demo.answers(course, "perfect")
    exercises = [grade_id for grade_id in given if grade_id.startswith("exercise-")]
    assert len(exercises) == sum(len(cells) for cells in LESSONS["resnet"].values())
    for grade_id in exercises:
        assert "###" not in given[grade_id]
        compile(given[grade_id], grade_id, "exec")
    assert "    return 1 + " in given["exercise-count-conv-layers"]


def test_blank_hands_in_the_release_as_it_is(course):
    assert demo.answers(course, "blank") == {}
    release = nbformat.read(course.folder("release", ".", "resnet") / "02_residual_block.ipynb", as_version=4)
    assert demo.filled(copy.deepcopy(release), {}) == release


def test_answers_go_into_their_own_cells_and_nowhere_else(course):
    release = nbformat.read(course.folder("release", ".", "resnet") / "02_residual_block.ipynb", as_version=4)
    filled = demo.filled(copy.deepcopy(release), demo.answers(course, "plain-block"))
    changed = [b.metadata.nbgrader.grade_id for a, b in zip(release.cells, filled.cells, strict=True) if a != b]
    assert changed == ["exercise-residual-block"]


def test_a_folder_that_no_demo_made_is_not_touched(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(UserError, match="no demo made"):
        demo.run(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_step_that_fails_is_told_with_the_end_of_its_log(tmp_path):
    with pytest.raises(
        UserError, match="(?s)generate_feedback resnet .*ended with status 1.*No notebooks were matched"
    ):
        demo.feedback(Course.apart(tmp_path))
