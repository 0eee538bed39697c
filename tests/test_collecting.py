"""Collecting downloads. Zips are made here by hand; what must lie where is written beside them."""

import errno
import logging
import os
import shutil
import time
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.zipcollectapp import ZipCollectApp
from nbgrader.coursedir import CourseDirectory
from tiny_course import TinyCourse, answered

from autograder.course import Course
from autograder.nbgrader_plugins import judging, unusual
from autograder.scores import records
from autograder.verdict import Mark, Verdict

ONE, TWO = "01_plain_baseline", "02_residual_block"
SUNDAY, MONDAY = (2026, 3, 1, 10, 0, 0), (2026, 3, 2, 10, 0, 0)


def packed(files: dict[str, str | bytes], moment=SUNDAY) -> bytes:
    """A zip of these files."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, moment), content)
    return buffer.getvalue()


class Collecting:
    """A course directory with nothing but downloads."""

    def __init__(self, root: Path):
        self.root = root
        self.archive = root / "downloaded" / "resnet" / "archive"
        self.archive.mkdir(parents=True)

    def put(self, name: str, content: str | bytes | dict, moment=SUNDAY) -> None:
        if isinstance(content, dict):
            content = packed(content, moment)
        (self.archive / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    def collect(self, force: bool = False, **traits) -> dict[str, str]:
        """Collect as `nbgrader zip_collect resnet` does; what is in submitted/ then, by student and file."""
        config = Course(self.root).config("resnet")
        for name, value in traits.items():
            section, trait = name.split("__")
            config[section][trait] = value
        app = ZipCollectApp(config=config, force=force, log=logging.getLogger("collecting"))
        app.coursedir = CourseDirectory(parent=app)
        app.init_plugins()
        app.extract_archive_files()
        app.process_extracted_files()
        return self.submitted()

    def submitted(self) -> dict[str, str]:
        folder = self.root / "submitted"
        files = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}
        assert all(inside.parts[1] == "resnet" for inside in files)
        return {f"{inside.parts[0]}: {inside.name}": path.read_text() for inside, path in files.items()}


@pytest.fixture
def course(tmp_path, caplog) -> Collecting:
    caplog.set_level(logging.INFO)
    return Collecting(tmp_path / "course")


# ------------------------------------------------------------------------------------------------ Canvas


def test_canvas_files_go_to_the_number_of_their_user(course):
    course.put(
        "submissions.zip",
        {
            f"doejane_12345_67890_{ONE}.ipynb": "jane 1",
            f"doejane_12345_67891_{TWO}.ipynb": "jane 2",
            f"o'brienmáire_LATE_222_301_{ONE}.ipynb": "máire, late",
            f"anon_aB3x9_67895_{ONE}.ipynb": "nobody knows",
            "roe_333_400_my homework.ipynb": "look_over will see to the name",
        },
    )
    assert course.collect() == {
        f"12345: {ONE}.ipynb": "jane 1",
        f"12345: {TWO}.ipynb": "jane 2",
        f"222: {ONE}.ipynb": "máire, late",
        f"anon_aB3x9: {ONE}.ipynb": "nobody knows",
        "333: my homework.ipynb": "look_over will see to the name",
    }


def test_canvas_later_submissions_replace_earlier_ones_by_their_numbers_not_by_the_time_of_download(course, caplog):
    first = {f"doe_12345_700_{ONE}.ipynb": "first", f"doe_12345_701_{TWO}.ipynb": "two"}
    course.put("submissions.zip", {**first, f"doe_LATE_12345_800_{ONE}-1.ipynb": "second"}, SUNDAY)
    course.put("submissions (1).zip", {f"doe_LATE_12345_900_{ONE}-2.ipynb": "third"}, SUNDAY)
    course.put("submissions (2).zip", first, MONDAY)
    assert course.collect() == {f"12345: {ONE}.ipynb": "third", f"12345: {TWO}.ipynb": "two"}
    assert f"900_{ONE}-2.ipynb is newer" in caplog.text
    assert not list(course.root.rglob("timestamp.txt"))


def test_a_zip_handed_in_belongs_to_who_handed_it_in_whatever_its_names_say(course):
    inner = {f"roe_999_888_{ONE}.ipynb": "one", f"x/eve_7_assignsubmission_file_/{TWO}.ipynb": "two"}
    course.put("submissions.zip", {"doe_12345_67890_work.zip": packed(inner)})
    assert course.collect() == {f"12345: {ONE}.ipynb": "one", f"12345: {TWO}.ipynb": "two"}


# ------------------------------------------------------------------------------------------------ Moodle


def test_moodle_folders_and_flat_files_go_to_the_participants_number(course):
    course.put(
        "CS101-resnet-4711.zip",
        {
            f"José O'Brien_1234567_assignsubmission_file_/{ONE}.ipynb": "folder",
            f"Ann Lee_1234568_assignsubmission_file/{ONE}.ipynb": "no underscore",
            f"李 小龙_1234569_assignsubmission_file_{ONE}.ipynb": "flat",
            "Bo Dahl_1234570_assignsubmission_file_/work.zip": packed({f"resnet/{ONE}.ipynb": "zip"}),
            f"Eve_1234567_assignsubmission_file__5_assignsubmission_file_/{TWO}.ipynb": "not José's",
            f"Eve_5_assignsubmission_file_x_1234567_assignsubmission_file_{TWO}.ipynb": "whose?",
            "Bo Dahl_1234570_assignsubmission_onlinetext_/onlinetext.html": "hello",
        },
    )
    assert course.collect() == {
        f"1234567: {ONE}.ipynb": "folder",
        f"1234568: {ONE}.ipynb": "no underscore",
        f"1234569: {ONE}.ipynb": "flat",
        f"1234570: {ONE}.ipynb": "zip",
        f"5: {TWO}.ipynb": "not José's",
        f"Eve_5_assignsubmission_file_x_1234567_assignsubmission_file: {TWO}.ipynb": "whose?",  # for a person to see
    }


def test_moodle_later_downloads_replace_earlier_ones_lesson_by_lesson(course):
    """Lesson 01 handed in again counts although it is older than lesson 02."""
    folder = "Ann Lee_1234568_assignsubmission_file_"
    course.put("b.zip", {f"{folder}/{ONE}.ipynb": "old 1", f"{folder}/{TWO}.ipynb": "2"}, (2026, 3, 1, 9, 0, 0))
    course.put("a.zip", {f"{folder}/{ONE}.ipynb": "new 1"}, (2026, 3, 1, 9, 30, 0))
    assert course.collect() == {f"1234568: {ONE}.ipynb": "new 1", f"1234568: {TWO}.ipynb": "2"}


# ------------------------------------------------------------------------------------------------ plain zips


def test_plain_zips_name_the_student_by_folder_by_file_or_by_zip(course):
    course.put(
        "class.zip",
        {
            f"alice/{ONE}.ipynb": "folder",
            f"class/bob o'neil/resnet/{ONE}.ipynb": "folder in folder",
            f"cárl_{ONE}.ipynb": "file",
            "dora.zip": packed({f"work/{ONE}.ipynb": "zip in zip"}),
        },
    )
    course.put(
        "eve.zip", {f"{ONE}.ipynb": "zip", f"more/mallory/{TWO}.ipynb": "also hers", f"x_9_8_{ONE}-3.ipynb": "?"}
    )
    assert course.collect() == {
        f"alice: {ONE}.ipynb": "folder",
        f"bob o'neil: {ONE}.ipynb": "folder in folder",
        f"cárl: {ONE}.ipynb": "file",
        f"dora: {ONE}.ipynb": "zip in zip",
        f"eve: {ONE}.ipynb": "zip",
        f"eve: {TWO}.ipynb": "also hers",
        f"eve: x_9_8_{ONE}-3.ipynb": "?",
    }


def test_folders_around_the_students_are_nobodys_name(course):
    course.put("resnet_2026_11_22_all.zip", {f"group b/{name}/{ONE}.ipynb": name for name in ("alice", "bob")})
    assert course.collect() == {f"alice: {ONE}.ipynb": "alice", f"bob: {ONE}.ipynb": "bob"}


def test_a_students_folder_cannot_hold_another_students_work(course):
    course.put("class.zip", {f"alice/x_777_888_{ONE}.ipynb": "alice", f"777/{ONE}.ipynb": "777"})
    assert course.collect() == {f"777: {ONE}.ipynb": "777", f"alice: {ONE}.ipynb": "alice"}


def test_a_zip_that_may_be_a_students_or_a_classs_is_left_to_a_person(course, caplog):
    course.put("week3.zip", {f"{ONE}.ipynb": "whose?", f"alice/{ONE}.ipynb": "alice", f"bob/{ONE}.ipynb": "bob"})
    assert course.collect() == {}
    assert "week3.zip holds lessons, and several folders with lessons" in caplog.text
    assert course.collect(force=True, ReadNames__zip_is_student=True).keys() == {f"week3: {ONE}.ipynb"}


def test_each_zip_is_one_students_where_that_is_configured(course):
    for name in ("alice", "bob"):
        course.put(f"{name}.zip", {f"homework/{ONE}.ipynb": name})
    assert course.collect(ReadNames__zip_is_student=True) == {
        f"alice: {ONE}.ipynb": "alice",
        f"bob: {ONE}.ipynb": "bob",
    }


def test_names_of_macos_and_of_browsers_are_understood(course):
    decomposed, composed = "Jose\u0301", "Jos\u00e9"
    course.put(f"{decomposed} (1).zip", {f"{ONE}.ipynb": "new", f"__MACOSX/._{ONE}.ipynb": "clutter"}, MONDAY)
    course.put(f"{composed}.zip", {f"{ONE}.ipynb": "old"}, SUNDAY)
    course.put("class.zip", packed({f"Z??/{ONE}.ipynb": "UTF-8 unmarked"}).replace(b"Z??", "Zë".encode()))
    assert course.collect() == {f"{composed}: {ONE}.ipynb": "new", f"Zë: {ONE}.ipynb": "UTF-8 unmarked"}


def test_times_in_names_and_in_nbgraders_own_file_decide_and_are_kept(course):
    course.put(
        "class.zip",
        {
            f"alice_2026-03-02-10-00-00/{ONE}.ipynb": "new",
            f"alice_2026-03-01-10-00-00/{ONE}.ipynb": "old",
            f"bob_attempt_2026-03-01-15-00-00_{ONE}.ipynb": "bob",
            f"submitted/carl/resnet/{ONE}.ipynb": "carl",
            "submitted/carl/resnet/timestamp.txt": "2026-03-01 12:00:00 UTC+0100",
        },
    )
    assert course.collect() == {
        f"alice: {ONE}.ipynb": "new",
        "alice: timestamp.txt": "2026-03-02 10:00:00",
        f"bob: {ONE}.ipynb": "bob",
        "bob: timestamp.txt": "2026-03-01 15:00:00",
        f"carl: {ONE}.ipynb": "carl",
        "carl: timestamp.txt": "2026-03-01 11:00:00",
    }


def test_the_times_of_files_count_as_times_of_submission_only_where_configured(course, monkeypatch):
    monkeypatch.setenv("TZ", "EST5")  # a zip bears local times; nbgrader's are UTC
    time.tzset()
    course.put("alice.zip", {f"{ONE}.ipynb": "x"})
    assert course.collect() == {f"alice: {ONE}.ipynb": "x"}
    assert course.collect(force=True, ReadNames__file_times=True)["alice: timestamp.txt"] == "2026-03-01 15:00:00"
    monkeypatch.undo()
    time.tzset()


# ------------------------------------------------------------------------------------------------ copies


@pytest.mark.parametrize(
    "name", [f"{ONE} (1)", f"{ONE}(2)", f"{ONE}-Copy1", f"{ONE}-1", f"Copy of {ONE}", f"final_{ONE}"]
)
def test_a_copy_is_the_lesson_where_nothing_else_could_be(course, name):
    course.put("class.zip", {f"alice/{name}.ipynb": "x", f"bob/{ONE}.ipynb": "y"})
    assert course.collect() == {f"alice: {ONE}.ipynb": "x", f"bob: {ONE}.ipynb": "y"}


def test_a_copy_keeps_its_name_where_it_is_not_the_only_one(course, caplog):
    course.put("class.zip", {f"alice/{ONE}.ipynb": "right", f"alice/{ONE} (1).ipynb": "copy"})
    course.put("more.zip", {f"bob/{ONE} (1).ipynb": "1", f"bob/{ONE} (2).ipynb": "2"})
    assert course.collect() == {
        f"alice: {ONE}.ipynb": "right",
        f"alice: {ONE} (1).ipynb": "copy",
        f"bob: {ONE} (1).ipynb": "1",
        f"bob: {ONE} (2).ipynb": "2",
    }
    assert f"bob: {ONE} (2).ipynb keeps its name" in caplog.text


def test_two_versions_of_one_time_are_named(course, caplog):
    course.put("a.zip", {f"x/{ONE}.ipynb": "one"})
    course.put("b.zip", {f"x/{ONE}.ipynb": "other"})
    assert course.collect() == {f"x: {ONE}.ipynb": "other"}
    assert "Nothing tells which is newer" in caplog.text


# ------------------------------------------------------------------------------------------------ what is left out


def test_notebooks_by_other_endings_are_taken_and_what_is_no_notebook_takes_no_place(course, caplog):
    book = '{"cells": [], "nbformat": 4}'
    course.put(
        "submissions.zip",
        {
            f"doe_12345_700_{ONE}.ipynb.txt": book,
            f"roe_333_701_{ONE}.IPYNB": "whatever it holds",
            f"poe_444_702_{ONE}.json": book,
            f"moe_555_703_{ONE}.ipynb": "the notebook",
            f"moe_555_704_{ONE}.ipynb.pdf": "%PDF",
        },
    )
    assert course.collect() == {
        f"12345: {ONE}.txt": book,  # look_over will see to the ending
        f"333: {ONE}.IPYNB": "whatever it holds",
        f"444: {ONE}.json": book,
        f"555: {ONE}.ipynb": "the notebook",
    }
    assert "it is no notebook" in caplog.text


def test_what_is_not_recognised_is_named(course, caplog):
    course.put("class.zip", {"homework.ipynb": "whose?", f"alice/{ONE}.ipynb": "x", "alice/answers.pdf": "pdf"})
    course.put("broken.zip", "no zip")
    course.put("late.rar", "rar")
    assert course.collect() == {f"alice: {ONE}.ipynb": "x"}
    for name in ("class.zip/homework.ipynb", "alice/answers.pdf", "broken.zip", "late.rar"):
        assert f"Skipped submission with no match information provided: {course.root}" in caplog.text
        assert any(name in record.getMessage() and record.levelname == "WARNING" for record in caplog.records)
    assert "neither a folder nor the name says whose it is" in caplog.text
    assert "1 files collected, 4 files skipped" in caplog.text


def test_nothing_is_written_outside_the_folder_for_unpacking(course, caplog):
    names = ["../evil.ipynb", "a/../../../evil.ipynb", "/tmp/evil.ipynb", "C:\\evil.ipynb", "..\\..\\evil.ipynb"]
    bad = dict.fromkeys(names, "evil")
    course.put("alice.zip", {**bad, f"{ONE}.ipynb": "x", "inner.zip": packed(bad)})
    course.put("class.zip", {f"../{ONE}.ipynb": "x", f".../{ONE}.ipynb": "x", f"a[b]*/{ONE}.ipynb": "odd"})
    assert course.collect() == {f"a_b: {ONE}.ipynb": "odd", f"alice: {ONE}.ipynb": "x"}
    assert not list(course.root.rglob("evil*")) and not Path("/tmp/evil.ipynb").exists()
    assert caplog.text.count("it would lie outside") == 2 * len(names) + 1


def test_links_and_bombs_are_left_out(course, caplog):
    link = zipfile.ZipInfo(f"alice/{TWO}.ipynb")
    link.external_attr = 0o120777 << 16
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr(f"alice/{ONE}.ipynb", "x")
        archive.writestr("alice/03_training.ipynb", b"0" * 2**20)
        half = packed({str(number): b"0" * 2**18 for number in range(3)})
        archive.writestr("alice/bomb.zip", half)
    course.put("class.zip", buffer.getvalue())
    assert course.collect(UnpackDownloads__largest=2**19 + 2**18 + 2**17) == {f"alice: {ONE}.ipynb": "x"}
    assert "it is a link" in caplog.text
    assert caplog.text.count("too much would be unpacked") == 4  # the large file, and the zip that holds three


def test_a_member_without_a_name_costs_nobody_anything(course, caplog):
    course.put("class.zip", {"alice.zip": packed({"": "x", f"{ONE}.ipynb": "a"}), f"bob/{ONE}.ipynb": "b"})
    assert course.collect() == {f"alice: {ONE}.ipynb": "a", f"bob: {ONE}.ipynb": "b"}
    assert "it has no name" in caplog.text


def test_a_full_disk_is_not_taken_for_a_damaged_zip(course, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    course.put("class.zip", {f"alice/{ONE}.ipynb": "a"})
    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(OSError, match="No space left"):
        course.collect()


def test_zips_within_zips_end_somewhere(course):
    matryoshka = packed({f"{ONE}.ipynb": "x"})
    for _ in range(30):
        matryoshka = packed({"a.zip": matryoshka})
    course.put("class.zip", {"alice.zip": matryoshka, f"bob/{ONE}.ipynb": "y"})
    assert course.collect() == {f"bob: {ONE}.ipynb": "y"}


# ------------------------------------------------------------------------------------------------ again, and by command


def test_collecting_again_with_force_takes_what_is_new(course):
    course.put("submissions.zip", {f"doe_1_10_{ONE}.ipynb": "old", f"doe_1_11_{TWO}.ipynb": "two"})
    course.collect()
    course.put("submissions-2.zip", {f"doe_1_12_{ONE}-1.ipynb": "new"})
    with pytest.raises(SystemExit):
        course.collect()
    assert course.submitted()[f"1: {ONE}.ipynb"] == "old"
    assert course.collect(force=True) == {f"1: {ONE}.ipynb": "new", f"1: {TWO}.ipynb": "two"}


# ------------------------------------------------------------------------------------------------ late


def all_right(cell, evidence, seed, trouble):
    return Verdict(cell.hand_in, tuple(Mark(c.id, c.points, c.points, c.sentence, "Right.") for c in cell.criteria))


def test_being_late_costs_nothing_unless_a_penalty_is_configured(tmp_path, monkeypatch):
    monkeypatch.setattr(judging, "judge", all_right)
    monkeypatch.setattr(unusual, "_seen", [])
    tiny = TinyCourse(tmp_path / "course", lessons=(ONE,))
    with Gradebook(f"sqlite:///{tiny.root / 'gradebook.db'}") as book:
        book.update_or_create_assignment("resnet", duedate="2026-03-01 12:00:00 UTC")
    notebook = tiny.submit("x", ONE, answered(tiny.released(ONE)))
    course = Collecting(tiny.root)
    for student, moment in (("ann", "2026-03-01-11-00-00"), ("lou", "2026-03-02-11-00-00")):
        course.put(f"{student}_{moment}_{ONE}.ipynb", notebook.read_bytes())
    shutil.rmtree(tiny.root / "submitted")
    course.collect()

    def penalties() -> list[tuple[str, float]]:
        found = records(Course(tiny.root), "resnet")
        return [(record.student, record.points) for record in found if record.criterion == "late-penalty"]

    tiny.autograde(Execute__enabled=False)
    assert penalties() == []
    tiny.autograde(
        Execute__enabled=False,
        Autograde__force=True,
        AssignLatePenalties__plugin_class="nbgrader.plugins.LateSubmissionPlugin",
        LateSubmissionPlugin__penalty_method="zero",
    )
    assert penalties() == [("lou", -15.0)]
