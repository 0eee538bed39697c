"""Scores and single checks. Most courses here are graded with the judge played by hand and without any kernel."""

import json
import shutil
import subprocess
import sys

import pytest
from nbformat.v4 import new_output
from nbgrader.api import Gradebook
from tiny_course import ROOT, TinyCourse, answered
from typer.testing import CliRunner

from autograder import __main__ as commands
from autograder import check as checking
from autograder.course import Course
from autograder.errors import UserError
from autograder.nbgrader_plugins import judging, unusual
from autograder.scores import records
from autograder.verdict import Diagnosis, Mark, Verdict

ONE, FOUR = "01_plain_baseline", "04_fair_comparison"
COUNT_ID, PARAMETERS_ID = "handin-count-conv-layers", "handin-plain-block-parameters"


def half_right(cell, evidence, seed, trouble):
    """A judge who passes the first criterion of each cell that could be read."""
    if "could not be read" in trouble:
        return Verdict(
            cell.hand_in, tuple(Mark(c.id, 0.0, float(c.points), c.sentence, trouble) for c in cell.criteria)
        )
    passed, *failed = cell.criteria
    marks = [Mark(passed.id, float(passed.points), float(passed.points), passed.sentence, "Right.")]
    marks += [Mark(c.id, 0.0, float(c.points), c.sentence, "[b]seen[/b] 7, expected 19") for c in failed]
    return Verdict(cell.hand_in, tuple(marks), (Diagnosis("no-shortcut", "why", "hint"),), ("a note",))


@pytest.fixture(scope="module")
def graded(tmp_path_factory) -> TinyCourse:
    """ana handed in both lessons, bob one; carl a file that is no notebook."""
    patch = pytest.MonkeyPatch()
    patch.setattr(judging, "judge", half_right)
    patch.setattr(unusual, "_seen", [])
    tiny = TinyCourse(tmp_path_factory.mktemp("course"))
    for lesson in (ONE, FOUR):
        tiny.submit("ana", lesson, answered(tiny.released(lesson)))
    tiny.submit("bob", FOUR, tiny.released(FOUR))
    tiny.submit("carl", ONE, "{")
    tiny.autograde(Execute__enabled=False)
    patch.undo()
    return tiny


@pytest.fixture
def course(graded, tmp_path) -> TinyCourse:
    """A copy of the graded course that a test may change."""
    shutil.copytree(graded.root, tmp_path / "course")
    copy = object.__new__(TinyCourse)
    copy.root = tmp_path / "course"
    return copy


def of(course: TinyCourse, student: str, lesson: str | None = None):
    found = records(Course(course.root), "resnet", student)
    return [record for record in found if lesson in (None, record.lesson)]


def gradebook(course: TinyCourse) -> Gradebook:
    return Gradebook(f"sqlite:///{course.root / 'gradebook.db'}")


def test_there_is_a_record_for_every_criterion(course):
    found = of(course, "ana", ONE)
    assert [(r.cell, r.criterion, r.points, r.max_points, r.passed) for r in found] == [
        (COUNT_ID, "conv-layers-shown", 2.0, 2.0, True),
        (COUNT_ID, "conv-layers-any", 0.0, 3.0, False),
        (PARAMETERS_ID, "parameters-same-channels", 5.0, 5.0, True),
        (PARAMETERS_ID, "parameters-other-channels", 0.0, 5.0, False),
    ]
    assert [r.misconception for r in found] == [None, "no-shortcut", None, "no-shortcut"]
    assert found[0].message == "Right. (Note: a note)" and "expected 19" in found[1].message


def test_a_written_answer_waits_for_a_person_and_then_has_that_persons_points(course):
    (waiting,) = [r for r in of(course, "ana") if r.criterion == "reflection"]
    assert (waiting.points, waiting.passed, waiting.message) == (None, None, "waits for a person")
    with gradebook(course) as book:
        grade = book.find_grade("reflection", FOUR, "resnet", "ana")
        grade.manual_score, grade.needs_manual_grade = 7.0, False
        book.db.commit()
    (given,) = [r for r in of(course, "ana") if r.criterion == "reflection"]
    assert (given.points, given.max_points, given.passed) == (7.0, 10.0, False)


def test_no_written_answer_is_no_points(course):
    (empty,) = [r for r in of(course, "bob") if r.criterion == "reflection"]
    assert (empty.points, empty.message) == (0.0, "no answer")


def test_a_missing_lesson_is_zero_with_the_reason(course):
    found = of(course, "bob", ONE)
    assert [r.points for r in found] == [0.0] * 4 and sum(r.max_points for r in found) == 15
    assert {r.message for r in found} == {"no file 01_plain_baseline.ipynb was handed in"}


def test_a_lesson_that_could_not_be_read_says_why(course):
    found = of(course, "carl", ONE)
    assert [r.points for r in found] == [0.0] * 4
    assert all("the file is cut off" in r.message for r in found)
    assert "cut off" in course.graded("carl", ONE).cells[0].source


def test_records_add_up_to_nbgraders_score_whatever_people_changed(course):
    with gradebook(course) as book:
        grade = book.find_grade(COUNT_ID, ONE, "resnet", "ana")
        grade.manual_score, grade.extra_credit = 4.0, 0.5
        book.find_submission_notebook(ONE, "resnet", "ana").late_submission_penalty = 1.5
        book.db.commit()
        score = book.find_submission_notebook(ONE, "resnet", "ana").score
    found = of(course, "ana", ONE)
    assert sum(r.points for r in found) == score - 1.5 == 8.0
    assert [r.points for r in found if r.criterion == "by-hand"] == [2.5]
    assert [r.points for r in found if r.criterion == "late-penalty"] == [-1.5]


def test_what_is_handed_in_but_not_graded_says_so(course):
    course.submit("dora", ONE, course.released(ONE))
    found = of(course, "dora")
    assert {r.points for r in found if r.lesson == ONE} == {None}
    assert all("not graded yet" in r.message for r in found if r.lesson == ONE)
    assert all("no file" in r.message for r in found if r.lesson == FOUR)


def test_a_cell_left_to_a_person_has_no_points_until_then(tmp_path, monkeypatch):
    monkeypatch.setattr(judging, "judge", lambda *arguments: 1 / 0)
    monkeypatch.setattr(unusual, "_seen", [])
    tiny = TinyCourse(tmp_path, lessons=(ONE,))
    tiny.submit("ana", ONE, tiny.released(ONE))
    tiny.autograde(Execute__enabled=False)
    assert [(r.criterion, r.points) for r in of(tiny, "ana")] == [(COUNT_ID, None), (PARAMETERS_ID, None)]
    with gradebook(tiny) as book:
        assert book.find_grade(COUNT_ID, ONE, "resnet", "ana").needs_manual_grade


def test_without_running_no_saved_output_is_worth_anything(tmp_path, monkeypatch):
    """`nbgrader autograde --no-execute`: nothing was run with a seed of ours, so nothing can be judged."""
    monkeypatch.setattr(unusual, "_seen", [])
    tiny = TinyCourse(tmp_path, lessons=(ONE,))
    book = answered(tiny.released(ONE))
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs = [new_output("execute_result", data={"text/plain": "5.0"}, execution_count=1)]
    tiny.submit("ana", ONE, book)
    tiny.autograde(Execute__enabled=False)
    assert [r.points for r in of(tiny, "ana")] == [0.0] * 4
    assert "not run" in of(tiny, "ana")[0].message


@pytest.mark.parametrize(
    ("assignment", "student", "words"),
    [
        ("resnets", None, "no assignment 'resnets'; it has: resnet"),
        ("resnet", "eve", "'eve'.*these have: ana, bob, carl"),
    ],
)
def test_what_is_not_known_is_said_in_words(graded, assignment, student, words):
    with pytest.raises(UserError, match=words):
        records(Course(graded.root), assignment, student)


def test_a_course_without_a_gradebook_is_told_what_to_do_and_gets_none(tmp_path):
    with pytest.raises(UserError, match="nbgrader generate_assignment"):
        records(Course(tmp_path), "resnet")
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------------ commands


def invoke(*arguments: str):
    return CliRunner().invoke(commands.app, [str(argument) for argument in arguments])


def test_scores_as_json_has_the_documented_fields_for_everybody(graded):
    answer = invoke("scores", "resnet", "--json", "--course", graded.root)
    assert answer.exit_code == 0
    found = json.loads(answer.stdout)
    fields = ["student", "lesson", "cell", "criterion", "points", "max_points", "passed", "misconception", "message"]
    assert list(found[0]) == fields
    assert {record["student"] for record in found} == {"ana", "bob", "carl"}
    assert len(invoke("scores", "resnet", "--json", "--student", "ana", "--course", graded.root).stdout) < len(
        answer.stdout
    )


def test_scores_as_a_table_shows_what_students_wrote_as_it_is(graded):
    answer = invoke("scores", "resnet", "--student", "ana", "--course", graded.root)
    assert answer.exit_code == 0
    for words in ("conv-layers-any", "✗", "✓", "0 / 3", "[b]seen[/b] 7", "(no-shortcut)", "? / 10"):
        assert words in answer.stdout


def test_a_mistake_at_the_keyboard_is_one_sentence_and_status_2(tmp_path):
    program = [sys.executable, "-m", "autograder"]
    for arguments in (["scores", "resnet", "--course", str(tmp_path)], ["check", str(tmp_path / "nothing.ipynb")]):
        ended = subprocess.run([*program, *arguments], cwd=ROOT, capture_output=True, text=True)
        assert ended.returncode == 2 and "Traceback" not in ended.stderr
        assert len(ended.stderr.strip().splitlines()) == 1


# ------------------------------------------------------------------------------------------------ check


@pytest.fixture
def solutions(tmp_path, monkeypatch) -> TinyCourse:
    """The miniature lessons in the place of solutions/."""
    tiny = TinyCourse(tmp_path / "root")
    monkeypatch.setattr(checking, "ROOT", tiny.root)
    monkeypatch.setattr(unusual, "_seen", [])
    return tiny


def test_check_grades_one_renamed_notebook_and_leaves_nothing_behind(solutions, tmp_path):
    """The one test here that starts a kernel."""
    mine = tmp_path / "Copy of my homework.ipynb"
    (tmp_path / "my_resnet.py").write_text("STAGES = 3")
    # what an earlier lesson kept is beside the notebook, and only with it is the answer right for 3 blocks
    answer = "from my_resnet import STAGES\ndef count_conv_layers(n): return 1 + 6 * STAGES"
    solutions.submit("x", ONE, answered(solutions.released(ONE), exercise_count_conv_layers=answer))
    shutil.move(solutions.path("x", ONE), mine)
    before = sorted(path for path in tmp_path.rglob("*"))
    lesson, found = checking.check(mine)
    assert lesson == ONE
    assert {r.criterion: r.points for r in found} == {
        "conv-layers-shown": 2.0,
        "conv-layers-any": 0.0,
        "parameters-same-channels": 5.0,
        "parameters-other-channels": 5.0,
    }
    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_check_of_a_broken_file_with_a_lessons_name_gives_no_points_and_the_reason(solutions, tmp_path):
    (tmp_path / f"{ONE}.ipynb").write_text("{")
    lesson, found = checking.check(tmp_path / f"{ONE}.ipynb")
    assert lesson == ONE and all(r.points == 0 and "cut off" in r.message for r in found)


def test_check_waits_for_no_command_of_alembics(solutions, tmp_path, monkeypatch):
    monkeypatch.delattr("nbgrader.api.get_alembic_version")
    (tmp_path / f"{ONE}.ipynb").write_text("{")
    assert checking.check(tmp_path / f"{ONE}.ipynb")[0] == ONE


def test_check_says_in_words_what_it_cannot_check(solutions, tmp_path):
    (tmp_path / "letter.ipynb").write_text("Dear grader")
    (tmp_path / "folder.ipynb").mkdir()
    for name, words in (("letter", "cannot be recognised"), ("folder", "is a folder"), ("nothing", "no file")):
        with pytest.raises(UserError, match=words):
            checking.check(tmp_path / f"{name}.ipynb")
