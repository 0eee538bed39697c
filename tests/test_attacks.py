"""A class of attackers, unlucky people and honest ones, graded in one run: nobody gains, nobody harms, it ends.

All of it twice: with kernels in namespaces, and locked in by Landlock, as in a container.

What is handed in is in tests/attacks (see the README there), one case each; every case becomes one student. The tests
ask of each student what they earned and what they met, and of the run what it left behind.
"""

import hashlib
import io
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
import tiny_course
from attacks.files import CASES, ONE, Case
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell
from nbgrader.server_extensions.formgrader.formgrader import FormgradeExtension
from permissions import at_level
from rich.console import Console
from tiny_course import ROOT, TinyCourse, answered, cell_of, exercise, marks, notebook

from autograder.class_report import _locked_in
from autograder.course import Course
from autograder.grading import ahead
from autograder.grading.cluster import on_this_machine
from autograder.grading.grade import LOCK, grade, show_outcome
from autograder.scores import records
from course_utils.evidence import MIME

ANSWERS = Path(__file__).parent / "attacks" / "answers"
TWO = "02_residual_block"
SECONDS = 8  # that a cell may run
SECRETS = {where: f"canary-{where}-{os.urandom(8).hex()}" for where in ("solution", "others", "environment", "file")}
HEADER = re.compile(r"\A(?:#(?: \w+:|  ) .*\n)+")
PROCESS_MARK = f"process-{os.urandom(8).hex()}"

RIGHT_BLOCK = (ROOT / "autograder" / "answers" / "residual_block" / "right" / "as_the_lesson_asks.py").read_text()


def lesson_01():
    """The tiny course's, with a secret in what only the solution says."""
    book = tiny_course.lesson_01()
    for cell in book.cells:
        cell.source = cell.source.replace("### BEGIN SOLUTION\n", f"### BEGIN SOLUTION\n    # {SECRETS['solution']}\n")
    return book


def lesson_02():
    imports = new_code_cell("import torch\nimport torch.nn as nn\nimport torch.nn.functional as F", id="imports")
    answer = exercise("exercise-residual-block", RIGHT_BLOCK)
    source = tiny_course.HAND_IN.format(name="residual_block", obj="ResidualBlock")
    fixed = marks("handin-residual-block", grade=True, locked=True, points=35)
    return notebook(imports, answer, new_code_cell(source, id="handin-residual-block", metadata=fixed))


def of_answers() -> list[Case]:
    """The cases in the folder `answers`."""
    cases = []
    for path in sorted(ANSWERS.glob("*.py")):
        values = header(path)
        how, points = re.fullmatch(r"(at most|exactly) (\d+)", values["earns"]).groups()
        least = float(points) if how == "exactly" else 0.0
        cases.append(Case(path.stem, hand_in_file, least, float(points), values.get("meets", ""), path.stem))
    return cases


def header(path: Path) -> dict[str, str]:
    """`# name: value` at the head of a file."""
    lines = HEADER.match(path.read_text())[0].splitlines()
    found, name = {}, ""
    for line in lines:
        if line.startswith("#   "):
            found[name] += " " + line[2:].strip()
        else:
            name, value = line[2:].split(": ", 1)
            found[name] = value
    return found


def hand_in_file(course: TinyCourse, student: str) -> None:
    """Hand in the cells of the file answers/<student>.py."""
    path = ANSWERS / f"{student}.py"
    text = HEADER.sub("", path.read_text(), count=1)
    for name, value in course.places.items():
        text = text.replace(name, value)
    cells = {"": [], " before": [], " behind": []}
    answer, *parts = re.split(r"^# %%(.*)\n", text, flags=re.MULTILINE)
    for where, source in zip(parts[0::2], parts[1::2], strict=True):
        cells[where.rstrip()].append(new_code_cell(source.strip()))
    one = header(path)["lesson"] == "01"
    lesson, exercise_id = (ONE, "exercise-count-conv-layers") if one else (TWO, "exercise-residual-block")
    book = answered(course.released(lesson), **{exercise_id.replace("-", "_"): answer.strip()})
    at = book.cells.index(cell_of(book, exercise_id))
    after = book.cells.index(cell_of(book, exercise_id.replace("exercise", "handin")))
    before, between, behind = book.cells[:at], book.cells[at + 1 : after + 1], book.cells[after + 1 :]
    book.cells = [*before, *cells[" before"], book.cells[at], *cells[""], *between, *cells[" behind"], *behind]
    course.submit(student, lesson, book)


ALL = of_answers() + CASES


def digest(*folders: Path) -> str:
    """Of all names, kinds and contents below `folders`; of links where they lead, not what is there."""
    found = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            found.update(os.fsencode(path))
            if path.is_symlink():
                found.update(os.fsencode(os.readlink(path)))
            elif path.is_file():
                found.update(path.read_bytes())
    return found.hexdigest()


def feedback(course: TinyCourse) -> subprocess.CompletedProcess:
    """Write the feedback pages as an instructor does."""
    command = [sys.executable, "-m", "nbgrader", "generate_feedback", "resnet", f"--course-dir={course.root}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", timeout=500)


@pytest.fixture(scope="module")
def listeners():
    """(port, path, abstract name) of three sockets that nobody should ever connect to, and the sockets."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        name = f"attacks-{os.getpid()}"
        sockets = [socket.socket(socket.AF_INET), socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)]
        sockets[0].bind(("127.0.0.1", 0))
        sockets[1].bind(f"{folder}/socket")
        sockets[2].bind(f"\0{name}")
        os.chmod(f"{folder}/socket", 0o777)
        for listening in sockets:
            listening.listen(8)
            listening.setblocking(False)
        yield sockets[0].getsockname()[1], f"{folder}/socket", name, sockets
        for listening in sockets:
            listening.close()


@pytest.fixture(scope="module", params=os.environ.get("ATTACKED_LEVELS", "namespaces landlock").split())
def course(request, tmp_path_factory, listeners) -> TinyCourse:
    """The class, graded."""
    outside = tmp_path_factory.mktemp("outside")
    outside.chmod(0o777)
    secret = outside / "secret.txt"
    secret.write_text(SECRETS["file"])
    secret.chmod(0o666)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(tiny_course.LESSONS, ONE, lesson_01)
        patch.setitem(tiny_course.LESSONS, TWO, lesson_02)
        tiny = TinyCourse(tmp_path_factory.mktemp("course"), (ONE, TWO))
    port, path, name, _ = listeners
    tiny.places = {
        "RIGHT_BLOCK": RIGHT_BLOCK,
        "COURSE_FOLDER": str(tiny.root),
        "REPOSITORY": str(ROOT),
        "SECRET_FILE": str(secret),
        "LISTENER_PORT": str(port),
        "LISTENER_PATH": path,
        "LISTENER_NAME": name,
        "PROCESS_MARK": PROCESS_MARK,
        "OTHERS_MARK": SECRETS["others"][:14],
    }
    for student in ("good", "last ~~ of all"):  # the first and the last to be graded, but for odd names
        book = answered(tiny.released(ONE))
        book.cells.append(new_code_cell(f"# {SECRETS['others']}"))
        tiny.submit(student, ONE, book)
    for case in ALL:
        case.hand_in(tiny, case.student)
    ours = (tiny.root / "solutions", tiny.root / "notebooks", tiny.path("good", ONE).parent, outside)
    before = digest(*ours)
    settings = {
        "RunSubmission": {"timeout": SECONDS, "iopub_timeout": 2},
        "JudgeHandIns": {"timeout": 5},
        "LockedInProvisioner": {"memory_mib": 2048, "level": request.param},
    }
    console = Console(file=io.StringIO(), width=500)
    tiny.level = request.param
    with pytest.MonkeyPatch.context() as patch, at_level(tiny.level):
        patch.setattr(ahead, "_warm", {})  # those that are there may have been started at another level
        patch.setenv("SOME_TOKEN", SECRETS["environment"])
        patch.setenv("OMP_NUM_THREADS", "1")
        tiny.outcome = grade(Course(tiny.root), "resnet", on_this_machine(2), settings, console)
        for warm in ahead._warm.values():
            warm.end()
    show_outcome(tiny.outcome, console)
    tiny.said = console.file.getvalue()
    tiny.untouched = digest(*ours) == before
    tiny.feedback = feedback(tiny)
    tiny.points = {}
    for record in records(Course(tiny.root), "resnet"):
        tiny.points[record.student] = tiny.points.get(record.student, 0) + (record.points or 0)
    return tiny


def shown(course: TinyCourse, student: str) -> str:
    """Everything in the graded notebooks of a student, as it would be read."""
    texts = [path.read_text() for path in (course.root / "autograded" / student).rglob("*.ipynb")]
    return "\n".join(texts).replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")


def test_there_are_enough_cases_and_each_says_what_it_is():
    assert len(ALL) >= 40 and len({case.student for case in ALL}) == len(ALL)
    assert all(header(path)["what"] for path in ANSWERS.glob("*.py"))
    assert all(case.hand_in.__doc__ for case in CASES)


def test_the_run_ends_and_gives_up_on_nobody(course):
    assert course.outcome.status == 3, course.said[-5000:]
    assert course.feedback.returncode == 0, course.feedback.stderr[-5000:]
    for case in ALL:
        graded = (course.root / "autograded" / case.student).exists()
        assert graded or case.most == 0, case.name


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_nobody_earns_more_than_they_should_or_less(course, case):
    earned = course.points.get(case.student, 0)
    assert case.least <= earned <= case.most, shown(course, case.student)[-6000:]


@pytest.mark.parametrize("case", [case for case in ALL if case.meets], ids=lambda case: case.name)
def test_every_attack_did_run_and_met_what_it_should(course, case):
    text = shown(course, case.student)
    path = ANSWERS / f"{case.student}.py"
    meets = header(path).get(f"meets_at_{course.level}", case.meets) if path.exists() else case.meets
    assert re.search(meets, text, re.DOTALL), text[-6000:]


def test_everybody_else_is_graded_as_usual(course):
    assert course.points["good"] == course.points["last ~~ of all"] == 15
    assert "good, 01" not in course.said


def test_no_secret_is_in_any_graded_notebook_feedback_or_log(course):
    for step in ("autograded", "feedback"):
        for path in (course.root / step).rglob("*"):
            if path.is_file() and path.relative_to(course.root).parts[1] not in ("good", "last ~~ of all"):
                content = path.read_bytes()
                leaked = [where for where, secret in SECRETS.items() if secret.encode() in content]
                assert not leaked, (path, leaked)
    assert not [where for where, secret in SECRETS.items() if secret in course.said]


def test_no_student_speaks_to_the_instructors_terminal(course):
    assert "everything was as usual" in course.said
    assert not re.search(r"\x1b\[2J|\x1b\]|^\[AutogradeApp \| INFO\] everything", course.said, re.MULTILINE)


def test_the_class_was_locked_in_at_the_level_that_is_tried(course):
    assert set(_locked_in(Course(course.root), "resnet", ["good", "forks", "fills_the_disk"])) == {course.level}


def test_nothing_outside_of_a_submission_is_changed_or_made(course):
    assert course.untouched
    names = {path.name for path in course.root.iterdir()} - {LOCK}
    assert names <= {"solutions", "notebooks", "submitted", "autograded", "feedback", "gradebook.db", ".nbgrader.log"}
    assert not list((course.root / "submitted").rglob("left-here")) and not (ROOT / "left-here").exists()


def test_no_process_is_left(course):
    time.sleep(0.5)
    left = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            left += [path] if PROCESS_MARK.encode() in path.read_bytes() else []
        except OSError:
            continue
    assert not left


def test_nobody_connected(course, listeners):
    for listening in listeners[-1]:
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_evidence_and_floods_of_output_do_not_stay_in_graded_notebooks(course):
    for path in (course.root / "autograded").rglob("*.ipynb"):
        outputs = [out for cell in nbformat.read(path, as_version=4).cells for out in cell.get("outputs", ())]
        assert not any(MIME in output.get("data", {}) for output in outputs), path
        assert path.stat().st_size < 2**25 + 2**23, path


def test_text_that_takes_forever_to_show_is_cut(course):
    page = course.root / "feedback" / "text_that_takes_forever_to_show" / "resnet" / f"{ONE}.html"
    words = re.sub(r"<[^>]+>", "", page.read_text())  # code is coloured word by word
    assert words.count("what follows is not shown here") == 2


class Live(HTMLParser):
    """Collects what could run in a page: scripts, handlers of events, addresses of scripts."""

    def __init__(self):
        super().__init__()
        self.found, self.in_script = [], False

    def handle_starttag(self, tag, attrs):
        self.in_script = tag == "script"
        for name, value in attrs:
            if name.startswith("on") or "javascript:" in (value or "") or "text/html" in (value or ""):
                self.found.append((tag, name, value))

    def handle_endtag(self, tag):
        self.in_script = False

    def handle_data(self, data):
        if self.in_script and "SCRIPT_MARK" in data:
            self.found.append(data)


def test_no_script_of_a_student_is_live_on_a_feedback_page(course):
    pages = list((course.root / "feedback").rglob("*.html"))
    assert len(pages) >= 40
    for page in pages:
        live = Live()
        live.feed(page.read_text(errors="replace"))
        assert not live.found, (page, live.found)
    assert "SCRIPT_MARK" in (course.root / "feedback" / "scripts_in_text" / "resnet" / f"{ONE}.html").read_text()


def test_no_script_of_a_student_is_live_in_the_formgrader(course):
    about = dict.fromkeys(
        ("assignment_id", "notebook_id", "submission_id", "base_url", "student", "notebook_path"), "x"
    )
    about |= {"index": 0, "total": 1, "last_name": "x", "first_name": "x"}

    def live(path: Path, **changed) -> list:
        config = Course(course.root).config()
        config.merge(FormgradeExtension().build_extra_config())
        config.HTMLExporter.update(changed)
        page, _ = HTMLExporter(config=config).from_filename(
            str(path), resources=dict(about)
        )  # as the formgrader does it
        found = Live()
        found.feed(page)
        return found.found

    graded = sorted((course.root / "autograded").rglob("*.ipynb"))
    (hostile,) = (path for path in graded if path.parts[-3] == "scripts_in_text")
    harmless = next(path for path in graded if path.name == hostile.name and path.parts[-3].startswith("honest"))
    assert live(hostile) == live(harmless)
    assert live(hostile, preprocessors=[], filters={}) != live(harmless), "so the test can fail"
