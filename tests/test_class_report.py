"""The class report counts what the records say, shows code without its author, and is one page."""

import dataclasses
import io
import re

import nbformat
import pytest
from nbformat.v4 import new_notebook
from rich.console import Console

from autograder import class_report as module
from autograder.class_report import ClassReport, CriterionRate, anonymous, class_report, show, write_page
from autograder.course import Course
from autograder.nbgrader_plugins import KEY, LOCKED_IN
from autograder.scores import Record


def record(student, criterion, points, most, misconception=None, message="", lesson="02_residual_block"):
    passed = None if points is None else points >= most
    return Record(student, lesson, "handin-residual-block", criterion, points, most, passed, misconception, message)


RECORDS = [
    record("ada", "shortcut-identity", 7, 7),
    record("ada", "training", 5, 5),
    record("bob", "shortcut-identity", 0, 7, "no-shortcut"),
    record("bob", "training", 0, 5, "no-shortcut"),
    record("eve", "shortcut-identity", 7, 7, message="Right. (Note: This block comes from torchvision.models)"),
    record("eve", "training", 0, 5, "missing-bn, projection-without-bn"),
    Record("eve", "04_fair_comparison", "reflection", "reflection", None, 10, None, None, "waits for a person"),
    Record("bob", "04_fair_comparison", "reflection", "reflection", None, 10, None, None, "waits for a person (moved)"),
]


@pytest.fixture
def report(monkeypatch, tmp_path) -> ClassReport:
    monkeypatch.setattr(module, "records", lambda course, assignment: RECORDS)
    monkeypatch.setattr(module, "_example", lambda *of: "x = '<script>'")
    return class_report(Course(tmp_path), "resnet")


def test_points_rates_and_misconceptions_are_counted_by_student(report):
    assert report.totals == {"ada": 12, "bob": 0, "eve": 7}
    assert report.rates == (
        CriterionRate("02_residual_block", "shortcut-identity", 2, 3),
        CriterionRate("02_residual_block", "training", 1, 3),
    )
    assert [(held.id, held.students) for held in report.held] == [
        ("missing-bn", 1),
        ("no-shortcut", 1),
        ("projection-without-bn", 1),
    ]
    assert all(held.explanation for held in report.held)


def test_what_waits_and_what_comes_from_a_library_is_for_a_human(report):
    assert [(student, lesson) for student, lesson, _ in report.for_a_human] == [
        ("eve", "02_residual_block"),
        ("bob", "04_fair_comparison"),
    ]


def test_answers_that_a_person_always_reads_are_counted_and_not_listed(report):
    assert report.to_read == {"04_fair_comparison: reflection": 1}


def test_the_sentence_of_a_criterion_is_that_of_its_lesson(report):
    assert report.rates[1].sentence.endswith("a right block.")


def test_the_page_is_one_file_that_escapes_what_students_wrote(report, tmp_path):
    write_page(report, tmp_path / "new" / "report.html")
    page = (tmp_path / "new" / "report.html").read_text()
    assert "x = &#39;&lt;script&gt;&#39;" in page and "<script" not in page
    assert not re.findall(r'(?:src|href)="(?!data:)', page)
    assert page.count('alt="') == page.count("<img") == 2
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["report.html"]


def test_the_terminal_shows_what_to_teach_again(report):
    console = Console(width=120, record=True, file=io.StringIO())
    show(report, console)
    text = console.export_text()
    for words in ("3 students", "median 7", "33 %", "no-shortcut", "For a human: bob"):
        assert words in text


def test_how_students_code_was_locked_in_is_counted_and_said(tmp_path, report):
    for student, level in (("ada", "landlock"), ("bob", "namespaces"), ("eve", "landlock")):
        folder = tmp_path / "autograded" / student / "resnet"
        folder.mkdir(parents=True)
        notebook = new_notebook(metadata={KEY: {LOCKED_IN: level}})
        nbformat.write(notebook, folder / "02_residual_block.ipynb")
    course = Course.apart(tmp_path)
    found = dataclasses.replace(report, locked_in=module._locked_in(course, "resnet", ["ada", "bob", "eve"]))
    assert found.locked_in == {"namespaces": 1, "landlock": 2}
    console = Console(width=120, record=True, file=io.StringIO())
    show(found, console)
    write_page(found, tmp_path / "report.html")
    for text in (console.export_text(), (tmp_path / "report.html").read_text()):
        assert "2 notebooks: locked in by Landlock: no files, no network; other processes can be seen" in text


def test_an_empty_class_is_said_to_be_empty(tmp_path):
    empty = ClassReport("resnet", {}, 0.0, (), (), {}, (), {})
    write_page(empty, tmp_path / "report.html")
    assert "Nobody has handed in anything yet" in (tmp_path / "report.html").read_text()


def test_an_example_shows_code_and_not_its_author():
    source = '''
"""by Ada Lovelace"""
# ada@example.org
class Block:
    "Ada's block"
    def forward(self, x):  # written by Ada
        "ada"
        print("Ada was here", f"{x} Ada", b"Ada")
        return x + 1
'''
    shown = anonymous(source)
    assert "ada" not in shown.lower()
    assert "return x + 1" in shown
    assert anonymous("not python at all (") == ""
    assert anonymous("x = [" + "1, " * 10_000 + "]") == ""


def test_every_kind_of_hand_in_has_its_misconceptions_explained():
    assert set(module.MISCONCEPTIONS) >= {"no-shortcut", "wrong-depth", "gap-reversed"}
