"""Returning grades. The gradebook is made by hand, and what every file must hold is written out here."""

import csv
import io
import shutil

import pytest
from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin
from typer.testing import CliRunner

from autograder import __main__ as commands
from autograder.course import Course
from autograder.errors import UserError
from autograder.returning import Format, grades

CANVAS = """\
\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Essay (11),resnet (4711),Final Score
,,,,,Manual Posting,,
    Points Possible,,,,,10,100.00,(read only)
"Doe, Jane",12345,u1,jdoe,"Mon, 10:00",=7,,70
"Roe, Rob",222,u2,rroe,Tue,8,55,80
"Poe, Pat",333,u3,ppoe,Tue,,12,
"Noe, Nia",444,u4,nnoe,Tue,,EX,
"Student, Test",555,,8f2c,Tue,,,
"""
CANVAS_FILLED = """\
\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Essay (11),resnet (4711),Final Score
,,,,,Manual Posting,,
    Points Possible,,,,,10,100.00,(read only)
"Doe, Jane",12345,u1,jdoe,"Mon, 10:00",=7,80.00,70
"Roe, Rob",222,u2,rroe,Tue,8,0.00,80
"Poe, Pat",333,u3,ppoe,Tue,,33.33,
"Noe, Nia",444,u4,nnoe,Tue,,EX,
"Student, Test",555,,8f2c,Tue,,,
"""
MOODLE_HEAD = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments"
)
MOODLE = f"""\
{MOODLE_HEAD}
Participant 12345,Jane Doe,jane@uni.edu,Submitted for grading,,100.00,Yes,"Sunday, 1 March 2026, 10:00 AM",-,
Participant 222,Rob Roe,rob@uni.edu,No submission,50.00,100.00,Yes,-,-,"Well, ""done"" now"
Participant 999,Nia Noe,nia@uni.edu,No submission,60.00,100.00,Yes,-,-,
"""
MOODLE_FILLED = f"""\
{MOODLE_HEAD}
Participant 12345,Jane Doe,jane@uni.edu,Submitted for grading,80.00,100.00,Yes,"Sunday, 1 March 2026, 10:00 AM",-,
Participant 222,Rob Roe,rob@uni.edu,No submission,0.00,100.00,Yes,-,-,"Well, ""done"" now"
Participant 999,Nia Noe,nia@uni.edu,No submission,,100.00,Yes,-,-,
"""


def gradebook_in(root):
    return Gradebook(Course(root).directory.db_url)  # the configuration also tells where nbgrader finds alembic


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A course and three graded students: 80 points; 40 with a penalty of 45; a third of all. nia handed in nothing."""
    root = tmp_path_factory.mktemp("course")
    with gradebook_in(root) as gradebook:
        gradebook.add_assignment("resnet")
        gradebook.add_notebook("01", "resnet")
        gradebook.add_grade_cell("cell", "01", "resnet", max_score=100, cell_type="code")
        gradebook.add_student("12345", first_name="Jane", last_name="Doe", email="jane@uni.edu")
        gradebook.add_student("222")
        gradebook.add_student("ppoe", first_name="=HYPERLINK(1)", last_name="Poe, von")
        gradebook.add_student("nnoe")
        for student, score, penalty in (("12345", 80, None), ("222", 40, 45), ("ppoe", 100 / 3, None)):
            gradebook.add_submission("resnet", student)
            gradebook.find_submission_notebook("01", "resnet", student).late_submission_penalty = penalty
            grade = gradebook.find_grade("cell", "01", "resnet", student)
            grade.auto_score, grade.needs_manual_grade = score, student == "222"
        gradebook.db.commit()
    return root


def invoke(*arguments):
    return CliRunner().invoke(commands.app, ["grades", "resnet", *map(str, arguments)])


@pytest.fixture
def roster(tmp_path):
    def write(text: str | bytes):
        path = tmp_path / "roster.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


# ------------------------------------------------------------------------------------------------ nbgrader


def test_nbgraders_format_is_what_nbgrader_exports(book, tmp_path):
    with gradebook_in(book) as gradebook:
        CsvExportPlugin(to=str(tmp_path / "theirs.csv"), assignment=["resnet"]).export(gradebook)
    theirs = (tmp_path / "theirs.csv").read_text()
    # nbgrader's own file has two fields too many where a name has a comma, and a formula where a name is one
    ours = theirs.replace("ppoe,Poe, von,=HYPERLINK(1)", 'ppoe,"Poe, von",\'=HYPERLINK(1)')
    assert grades(Course(book), "resnet", Format.NBGRADER).text == ours != theirs


def test_nbgraders_format_has_a_row_for_everybody(book):
    rows = list(csv.DictReader(io.StringIO(grades(Course(book), "resnet", Format.NBGRADER).text)))
    assert {row["student_id"]: (row["raw_score"], row["score"], row["max_score"]) for row in rows} == {
        "12345": ("80.0", "80.0", "100.0"),
        "222": ("40.0", "0.0", "100.0"),
        "ppoe": (str(100 / 3), str(100 / 3), "100.0"),
        "nnoe": ("0.0", "0.0", "100.0"),
    }


# ------------------------------------------------------------------------------------------------ Canvas


def test_canvas_without_a_roster_gets_numbers_or_logins_and_no_formulas(book):
    assert grades(Course(book), "resnet", Format.CANVAS, column="Networks").text == (
        "Student,ID,SIS User ID,SIS Login ID,Section,Networks\n"
        "Points Possible,,,,,100.00\n"
        '"Doe, Jane",12345,,,,80.00\n'
        "222,222,,,,0.00\n"
        '"Poe, von, =HYPERLINK(1)",,,ppoe,,33.33\n'
    )


def test_the_roster_of_canvas_gets_one_column_filled_and_keeps_all_else(book, roster, tmp_path):
    answer = invoke("--format", "canvas", "--roster", roster(CANVAS), "--course", book, "--output", tmp_path / "up.csv")
    assert answer.exit_code == 0
    assert (tmp_path / "up.csv").read_text() == CANVAS_FILLED
    assert sorted(path.name for path in tmp_path.iterdir()) == ["roster.csv", "up.csv"]


def test_a_roster_of_canvas_with_semicolons_and_another_name_keeps_both(book, roster):
    head = "Student;ID;SIS Login ID;Section;Nets (7);Essay (8)\r\n"
    path = roster(head + '" Points Possible";;;;50;5\r\n"Doe; Jane";12345;jdoe;a;;\r\nX;9;222;a\r\nY;8;ppoe;a;1;2\r\n')
    found = grades(Course(book), "resnet", Format.CANVAS, path, "nets")
    rows = (
        " Points Possible;;;;50;5\r\n",
        '"Doe; Jane";12345;jdoe;a;80.00;\r\n',
        "X;9;222;a;0.00;\r\n",
        "Y;8;ppoe;a;33.33;2\r\n",
    )
    assert found.text == head + "".join(rows)
    assert found.remarks == ("The roster counts up to 50 points, the grades written here up to 100.",)


# ------------------------------------------------------------------------------------------------ Moodle


def test_moodle_without_a_roster_gets_a_grading_worksheet_of_participants(book):
    answer = invoke("--format", "moodle", "--course", book)
    assert answer.stdout == (
        f"{MOODLE_HEAD}\n"
        "Participant 12345,Jane Doe,jane@uni.edu,,80.00,100.00,,,,\n"
        "Participant 222,,,,0.00,100.00,,,,\n"
    )
    assert answer.exit_code == 3 and "No number that Moodle would know: ppoe" in answer.stderr


def test_moodles_worksheet_gets_its_grades_and_who_is_not_in_it_is_named(book, roster):
    answer = invoke("--format", "moodle", "--roster", roster(MOODLE), "--course", book)
    assert answer.stdout == MOODLE_FILLED
    assert answer.exit_code == 3 and "No row in the roster: ppoe" in answer.stderr


def test_moodles_identifier_is_known_in_any_language(book, roster):
    path = roster('Identifier,Email address,Grade,Maximum Grade\n"Teilnehmer/in12345",ppoe,,"100,00"\n')
    found = grades(Course(book), "resnet", Format.MOODLE, path)
    assert found.text.splitlines()[1] == 'Teilnehmer/in12345,ppoe,33.33,"100,00"'
    assert found.homeless == ("222",) and not found.remarks


# ------------------------------------------------------------------------------------------------ warnings and mistakes


def test_who_waits_for_a_person_and_who_is_not_graded_is_named(book, roster):
    (book / "submitted" / "late lou" / "resnet").mkdir(parents=True, exist_ok=True)
    answer = invoke("--format", "canvas", "--roster", roster(CANVAS), "--course", book)
    assert answer.exit_code == 0
    assert "A person still has to grade something of: 222\n" in answer.stderr
    assert "Handed in, but not graded yet: late lou\n" in answer.stderr


@pytest.mark.parametrize(
    ("form", "content", "words"),
    [
        ("canvas", MOODLE, "no column 'Student' and no column 'ID'.*it has: Identifier, Full name"),
        ("moodle", CANVAS, "no column 'Identifier'"),
        ("canvas", CANVAS.replace("resnet (4711)", "nets"), "no column called 'resnet'.*Essay.*nets.*--column"),
        ("canvas", CANVAS.replace("Essay", "resnet"), "2 columns called 'resnet'"),
        ("canvas", CANVAS.encode("utf-16"), "not in UTF-8"),
        ("moodle", MOODLE.replace("Jane", "Zoë").encode("latin-1"), "not in UTF-8"),
        ("moodle", "", "it has: nothing"),
        ("canvas", CANVAS + '"open', "no CSV file"),
        ("nbgrader", CANVAS, "takes no roster"),
    ],
)
def test_a_roster_that_cannot_be_filled_is_a_mistake_told_in_words(book, roster, form, content, words):
    with pytest.raises(UserError, match=words):
        grades(Course(book), "resnet", Format(form), roster(content))


def test_other_mistakes_are_told_in_words(book, tmp_path):
    with pytest.raises(UserError, match="cannot be read: No such file"):
        grades(Course(book), "resnet", Format.CANVAS, tmp_path / "nothing.csv")
    with pytest.raises(UserError, match="no assignment 'nets'; it has: resnet"):
        grades(Course(book), "nets", Format.CANVAS)
    with pytest.raises(UserError, match="no gradebook"):
        grades(Course(tmp_path), "resnet", Format.CANVAS)
    (tmp_path / "file").touch()
    assert isinstance(invoke("--course", book, "--output", tmp_path / "file" / "x.csv").exception, UserError)


def test_no_text_of_a_student_becomes_a_formula(book, tmp_path):
    names = ["=1+1", "+1", "-1", "@SUM(1)", " =1"]
    shutil.copy(book / "gradebook.db", tmp_path)
    with gradebook_in(tmp_path) as gradebook:
        for name in names:
            gradebook.add_student(name, first_name=name, email=name)
            gradebook.add_submission("resnet", name)
        gradebook.add_student("7", last_name="=2", first_name="@x", email="+y")
        gradebook.add_submission("resnet", "7")
    for form in Format:
        text = grades(Course(tmp_path), "resnet", form).text
        cells = [cell.strip() for row in csv.reader(io.StringIO(text)) for cell in row]
        assert "'=2" in text or "'@x" in text
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
