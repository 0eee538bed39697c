"""A class in which nearly everybody hands in something bad, graded once by `nbgrader autograde` itself.

Every student has a mishap of their own; each test asks what one of them gets, and whether the others noticed.
"""

import copy
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from tiny_course import COUNT, ROOT, TinyCourse, answered, cell_of

from autograder.course import Course
from autograder.nbgrader_plugins import KEY, unusual
from autograder.nbgrader_plugins.look_over import before_converting, look_over
from autograder.scores import Record, records

ONE, FOUR = "01_plain_baseline", "04_fair_comparison"
COUNT_ID, PARAMETERS_ID = "handin-count-conv-layers", "handin-plain-block-parameters"


def nbgrader(course: TinyCourse, command: str, *options: str) -> subprocess.CompletedProcess:
    """Run nbgrader as an instructor does: from the root of the repository, with its configuration."""
    program = str(Path(sys.executable).parent / "nbgrader")
    arguments = [program, command, "resnet", f"--course-dir={course.root}", *options]
    return subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=300)


COLAB = (
    "from google.colab import drive\ndrive.mount('/content/drive')\n!nvidia-smi\nassert torch.cuda.is_available()\n"
    "weights = torch.load('/content/drive/weights.pt')\n"
)


def the_class(course: TinyCourse) -> None:
    """Hand in for everybody."""
    one = course.released(ONE)

    def submit(student: str, **answers: str):
        course.submit(student, ONE, answered(copy.deepcopy(one), **answers))

    submit("good")
    course.submit("good", FOUR, answered(course.released(FOUR)))
    noisy = (
        "import sys, warnings\nwarnings.warn('careful')\nprint(0.0, file=sys.stderr)\nprint(3.14)\n"
        + COUNT
        + "\n1000.0"
    )
    submit("noisy", exercise_count_conv_layers=noisy)
    forger = COUNT.replace("6", "5") + (
        "\nfrom IPython.display import display\nimport course_utils.evidence as evidence\n"
        "def hand_in(name, obj):\n    print(5.0)\n    return 5.0"
    )
    submit("forger", exercise_count_conv_layers=forger)
    submit("raises", exercise_count_conv_layers="raise RuntimeError('I give up')")
    submit("killer", exercise_count_conv_layers="import os\ndef count_conv_layers(n_blocks):\n    os._exit(0)")
    submit("looper", exercise_count_conv_layers="def count_conv_layers(n_blocks):\n    while True: pass")
    course.submit("garbage", ONE, "Dear grader, here is my work.")
    course.submit("cut", ONE, course.path("good", ONE).read_bytes()[:-200])
    link = course.path("linker", ONE)
    link.parent.mkdir(parents=True)
    link.symlink_to(course.path("good", ONE))
    (link.parent / "gradebook").symlink_to(course.root / "gradebook.db")
    course.path("folder", ONE).mkdir(parents=True)
    course.path("dangling", ONE).parent.mkdir(parents=True)
    course.path("dangling", ONE).symlink_to("nowhere")
    course.submit("absent", FOUR, answered(course.released(FOUR)))
    course.path("empty", ONE).parent.mkdir(parents=True)
    shuffled = answered(copy.deepcopy(one))
    cell_of(shuffled, COUNT_ID).source = "hand_in('count_conv_layers', lambda n: 1 + 6 * n)"
    cell_of(shuffled, PARAMETERS_ID).metadata.nbgrader.update(grade_id="renamed", points=1000)
    twice = copy.deepcopy(cell_of(shuffled, COUNT_ID))
    twice.id = "twice"
    shuffled.cells += [twice, new_code_cell("99.0", metadata=cell_of(one, COUNT_ID).metadata)]
    shuffled.metadata.kernelspec = {"name": "julia-0.3", "display_name": "Julia", "language": "julia"}
    course.submit("shuffled", ONE, shuffled)
    other_set_up = answered(copy.deepcopy(one))
    first = next(cell for cell in other_set_up.cells if cell.id == "first")
    first.source = "import not_installed_where_it_is_graded\n" + first.source
    course.submit("importer", ONE, other_set_up)
    submit("on-colab", exercise_count_conv_layers=COLAB + COUNT)
    submit("leaver", exercise_count_conv_layers=f"{COUNT}\nprint(count_conv_layers(3))\nexit()")
    submit("colab-wrong", exercise_count_conv_layers=COLAB + COUNT.replace("6", "5") + "\nexit()")
    no_set_up = answered(copy.deepcopy(one))
    no_set_up.cells = [cell for cell in no_set_up.cells if cell.id != "first"]
    course.submit("no-set-up", ONE, no_set_up)
    for student, name in (("mailed", f"{ONE}.ipynb.txt"), ("deep", f"resnet/{ONE}.IPYNB")):
        path = course.path(student, ONE).parent / name
        path.parent.mkdir(parents=True)
        path.write_text(nbformat.writes(answered(copy.deepcopy(one))))
    submit("two-versions", exercise_count_conv_layers=COUNT.replace("6", "5"))
    nbformat.write(answered(copy.deepcopy(one)), course.path("two-versions", f"{ONE} (1)"))


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> TinyCourse:
    tiny = TinyCourse(tmp_path_factory.mktemp("course"))
    the_class(tiny)
    tiny.run = nbgrader(tiny, "autograde", "--RunSubmission.timeout=15")
    tiny.feedback = nbgrader(tiny, "generate_feedback")
    return tiny


def of(course: TinyCourse, student: str, lesson: str = ONE, cell: str = "") -> list[Record]:
    found = [r for r in records(Course(course.root), "resnet", student) if r.lesson == lesson]
    return [record for record in found if not cell or record.cell == cell]


def points(found: list[Record]) -> float:
    return sum(record.points for record in found if record.points is not None)


def test_the_exit_status_tells_that_something_was_unusual(course):
    assert course.run.returncode == 3, course.run.stderr
    for student in ("raises", "killer", "looper", "garbage", "cut", "linker", "absent", "empty", "shuffled", "forger"):
        assert f"] {student}, " in course.run.stderr or f"  {student}, " in course.run.stderr, student
    assert "Traceback" not in course.run.stderr


def test_a_good_answer_among_them_gets_every_point(course):
    assert points(of(course, "good")) == 15
    assert points(of(course, "good", FOUR)) == 6
    assert "good, " not in course.run.stderr


def test_an_import_that_fails_in_the_set_up_costs_nothing(course):
    assert points(of(course, "importer")) == 15


def test_what_is_there_on_colab_alone_costs_nothing_and_is_said(course):
    assert points(of(course, "on-colab")) == 15
    page = (course.root / "feedback" / "on-colab" / "resnet" / f"{ONE}.html").read_text()
    assert "drive.mount" in page and "these lines cost nothing" in page


def test_an_exit_in_the_cell_of_the_answer_costs_nothing(course):
    assert points(of(course, "leaver")) == 15
    assert "ends the kernel" in (course.root / "feedback" / "leaver" / "resnet" / f"{ONE}.html").read_text()


def test_a_wrong_answer_gains_nothing_by_lines_that_stop(course):
    assert points(of(course, "colab-wrong", cell=COUNT_ID)) == 0


def test_a_set_up_that_was_deleted_costs_nothing(course):
    assert points(of(course, "no-set-up")) == 15


@pytest.mark.parametrize("student", ["mailed", "deep"])
def test_a_notebook_by_another_name_is_graded(course, student):
    assert points(of(course, student)) == 15


def test_of_two_versions_the_one_of_the_right_name_counts_and_it_is_said(course):
    assert points(of(course, "two-versions", cell=COUNT_ID)) < 5
    assert f"{ONE}.ipynb counts" in (course.root / "feedback" / "two-versions" / "resnet" / f"{ONE}.html").read_text()


def test_warnings_and_printed_numbers_change_no_grade(course):
    assert points(of(course, "noisy")) == 15


def test_a_printed_grade_is_no_grade(course):
    assert points(of(course, "forger")) == 0
    assert "nothing was handed in" in of(course, "forger")[0].message


def test_an_answer_that_raises_costs_its_own_cell_alone(course):
    assert points(of(course, "raises", cell=COUNT_ID)) == 0
    assert "NameError" in of(course, "raises", cell=COUNT_ID)[0].message
    assert points(of(course, "raises", cell=PARAMETERS_ID)) == 10


def test_an_answer_that_kills_its_kernel_costs_its_own_cell_alone(course):
    assert "ended its kernel" in of(course, "killer", cell=COUNT_ID)[0].message
    assert points(of(course, "killer")) == 10


def test_an_endless_answer_costs_its_own_cell_alone(course):
    assert "more than 15 seconds" in of(course, "looper", cell=COUNT_ID)[0].message
    assert points(of(course, "looper")) == 10


@pytest.mark.parametrize(
    ("student", "reason"),
    [
        ("garbage", "not a notebook"),
        ("cut", "cut off"),
        ("linker", "outside of the submission"),
        ("folder", "there is a folder"),
        ("dangling", "cannot be opened"),
    ],
)
def test_a_file_that_is_no_notebook_gets_no_points_and_the_reason(course, student, reason):
    found = of(course, student)
    assert points(found) == 0 and len(found) == 4
    assert all(reason in record.message for record in found)
    assert reason in course.graded(student, ONE).cells[0].source


def test_nothing_behind_a_link_reaches_the_graded_folder(course):
    assert sorted(path.name for path in course.path("linker", ONE, "autograded").parent.iterdir()) == [f"{ONE}.ipynb"]
    assert "1 + 6 * n_blocks" not in course.path("linker", ONE, "autograded").read_text()


def test_a_missing_lesson_gets_no_points_and_the_reason(course):
    assert all("no file 01_plain_baseline.ipynb" in record.message for record in of(course, "absent"))
    assert points(of(course, "absent")) == 0
    assert points(of(course, "absent", FOUR)) == 6


def test_a_folder_without_notebooks_is_told(course):
    assert all("no file" in record.message for record in of(course, "empty"))


def test_edited_renamed_and_duplicated_cells_and_an_unknown_kernel_cost_nothing(course):
    found = of(course, "shuffled")
    assert points(found) == 15 and sum(record.max_points for record in found) == 15
    assert "put back" in " ".join(record.message for record in found)


def test_evidence_does_not_stay_in_graded_notebooks(course):
    text = course.path("good", ONE, "autograded").read_text()
    assert "vnd.resnet-coursework.evidence" not in text and KEY in text


def test_feedback_shows_every_criterion_with_what_was_seen_and_no_other_students_work(course):
    assert course.feedback.returncode == 0, course.feedback.stderr
    page = (course.root / "feedback" / "raises" / "resnet" / f"{ONE}.html").read_text()
    for record in of(course, "raises"):
        assert record.criterion  # the page shows sentences, not ids
    for sentence in ("A network with 3 blocks a stage has the right number of conv layers.", "✓", "✗", "NameError"):
        assert sentence in page
    assert "good" not in page.split("<body", 1)[1]
    unreadable = (course.root / "feedback" / "cut" / "resnet" / f"{ONE}.html").read_text()
    assert "could not be read" in unreadable and "cut off" in unreadable


def test_grading_an_ordinary_class_again_ends_with_status_zero(course, tmp_path):
    """Only `good`, in a course directory of its own, so that nothing is unusual."""
    tiny = TinyCourse(tmp_path, lessons=(ONE,))
    tiny.submit("good", ONE, answered(tiny.released(ONE)))
    tiny.submit("blank", ONE, tiny.released(ONE))
    run = nbgrader(tiny, "autograde")
    assert run.returncode == 0, run.stderr
    assert "WARNING" not in run.stderr
    assert points(of(tiny, "blank")) == 0 and points(of(tiny, "good")) == 15
    assert os.stat(tiny.path("good", ONE, "autograded")).st_mode & 0o777 == 0o444


def test_no_link_is_left_whatever_its_name_and_whatever_lies_beside_it(tmp_path):
    """A link that cannot be renamed as usual would be followed, and what it leads to copied to where student's code runs."""
    folder = tmp_path / "ada" / "resnet"
    (folder / "a.set-aside").mkdir(parents=True)
    (tmp_path / "secret").write_text("grades")
    for name in ("a", "b" * 250, "c"):
        (folder / name).symlink_to(tmp_path / "secret")
    (folder / "timestamp.txt" / "inside").mkdir(parents=True)
    (folder / "timestamp.txt.set-aside").mkdir()
    look_over("resnet", "ada", [str(folder / "02_residual_block.ipynb")])
    names = os.listdir(folder)
    assert len(names) == 6
    assert all(name.endswith(".set-aside") for name in names)
    assert (tmp_path / "secret").read_text() == "grades"


def test_a_time_stamp_without_end_is_set_aside_unread(tmp_path):
    folder = tmp_path / "ada" / "resnet"
    folder.mkdir(parents=True)
    with (folder / "timestamp.txt").open("wb") as file:
        file.truncate(2**40)  # takes no room
    look_over("resnet", "ada", [str(folder / "02_residual_block.ipynb")])
    assert os.listdir(folder) == ["timestamp.txt.set-aside"]


def test_a_folder_is_looked_over_whatever_fails_behind_it_in_the_same_hook(tmp_path, monkeypatch):
    def broken(config):
        raise OSError("no process can be started")

    monkeypatch.setattr("autograder.nbgrader_plugins.warming.warm_up", broken)
    folder = tmp_path / "ada" / "resnet"
    folder.mkdir(parents=True)
    (folder / "a").symlink_to(tmp_path)
    hook = Course(tmp_path).config("resnet").Autograde.pre_convert_hook
    with pytest.raises(OSError, match="no process"):
        hook(assignment="resnet", student="ada", notebooks=[str(folder / "02_residual_block.ipynb")])
    assert os.listdir(folder) == ["a.set-aside"]


def test_where_a_folder_cannot_be_looked_over_nbgrader_is_left_nothing_to_go_on_with(tmp_path, monkeypatch):
    def broken(*_):
        raise OSError("a broken disk")

    monkeypatch.setattr("autograder.nbgrader_plugins.look_over._set_aside", broken)
    notebooks = [str(tmp_path / "ada" / "resnet" / "02_residual_block.ipynb")]
    Path(notebooks[0]).parent.mkdir(parents=True)
    before = len(unusual.seen())
    before_converting("resnet", "*", notebooks)
    assert notebooks == []
    (said,) = unusual.seen()[before:]
    assert said.startswith("ada, resnet: nothing is graded") and "a broken disk" in said
