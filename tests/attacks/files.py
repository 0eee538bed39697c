"""What is done to cells, files, folders and names rather than written into an answer: one function a case.

Each is given the course and the student's name, and hands something in for lesson 01 (5 + 10 points). Its docstring
says what it is; `case` says what it may earn, what the graded notebook must fit, and what the student is called.
"""

import copy
import io
import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell
from tiny_course import TinyCourse, answered, cell_of

ONE = "01_plain_baseline"
COUNT_ID, PARAMETERS_ID = "handin-count-conv-layers", "handin-plain-block-parameters"
WRONG = "def count_conv_layers(n_blocks):\n    return 0"


@dataclass(frozen=True)
class Case:
    """A case's name, what makes it, the least and the most it earns, what must be seen, and the student's name."""

    name: str
    hand_in: Callable[[TinyCourse, str], None]
    least: float
    most: float
    meets: str
    student: str


CASES: list[Case] = []


def case(earns: float | tuple[float, float], meets: str = "", student: str = ""):
    """Adds the function to CASES. earns: exactly so many points, or (least, most)."""

    def add(function: Callable) -> Callable:
        least, most = earns if isinstance(earns, tuple) else (earns, earns)
        CASES.append(Case(function.__name__, function, least, most, meets, student or function.__name__))
        return function

    return add


def wrong(course: TinyCourse) -> nbformat.NotebookNode:
    """A lesson in which the first answer is wrong: 10 points."""
    return answered(course.released(ONE), exercise_count_conv_layers=WRONG)


def right(course: TinyCourse) -> nbformat.NotebookNode:
    return answered(course.released(ONE))


def bytes_of(book: nbformat.NotebookNode) -> bytes:
    return nbformat.writes(book).encode()


# ---------------------------------------------------------------------------------------------------------- cells


@case(10, "had been changed")
def graded_cell_edited(course, student):
    """The cell that hands in hands in something else."""
    book = wrong(course)
    cell_of(book, COUNT_ID).source = "hand_in('count_conv_layers', lambda n: 1 + 6 * n)\n5.0"
    course.submit(student, ONE, book)


@case((10, 10), "was missing; it was put back")
def graded_cell_deleted(course, student):
    """There is no cell that hands the wrong answer in."""
    book = wrong(course)
    book.cells.remove(cell_of(book, COUNT_ID))
    course.submit(student, ONE, book)


@case(10, "the last one counts")
def graded_cell_duplicated(course, student):
    """The cell that hands in is there five times, each for the full points."""
    book = wrong(course)
    book.cells += [copy.deepcopy(cell_of(book, COUNT_ID)) for _ in range(4)]
    course.submit(student, ONE, book)


@case(10)
def graded_cells_reweighted(course, student):
    """A thousand points for what is right, none for what is wrong; and everything is for a person to grade."""
    book = wrong(course)
    cell_of(book, COUNT_ID).metadata.nbgrader.update(points=0, grade=False)
    cell_of(book, PARAMETERS_ID).metadata.nbgrader.update(points=1000, solution=True, locked=False)
    course.submit(student, ONE, book)


@case(15, "moved after it")
def graded_cells_reordered(course, student):
    """All cells in reverse order, by accident."""
    book = right(course)
    book.cells = [book.cells[1], *reversed(book.cells[2:]), book.cells[0]]
    course.submit(student, ONE, book)


@case(10)
def graded_cells_exchanged(course, student):
    """The cell of the right answer claims to be the one of the wrong answer, and the other way round."""
    book = wrong(course)
    one, other = cell_of(book, COUNT_ID), cell_of(book, PARAMETERS_ID)
    one.metadata, other.metadata = other.metadata, one.metadata
    one.id, other.id = other.id, one.id
    course.submit(student, ONE, book)


@case(10)
def cell_that_claims_to_be_all_cells(course, student):
    """Every cell has the id and the marks of the cell that hands in."""
    book = wrong(course)
    for cell in book.cells:
        cell.metadata = copy.deepcopy(cell_of(course.released(ONE), COUNT_ID).metadata)
        cell.id = COUNT_ID
    course.submit(student, ONE, json.dumps(book).encode())


@case(10)
def points_in_the_metadata(course, student):
    """The notebook comes with verdicts, scores and outputs of its own."""
    book = wrong(course)
    for cell in book.cells:
        cell.metadata["resnet_coursework"] = {"points": 5, "marks": [], "for_a_person": False}
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("execute_result", data={"text/plain": "5.0"})]
    book.metadata["resnet_coursework"] = {"runs": {COUNT_ID: {"seed": "mine"}}, "notes": {}}
    book.metadata["kernelspec"] = {"name": "bash", "display_name": "sh", "language": "sh", "argv": ["sh"]}
    course.submit(student, ONE, book)


@case(15)
def answer_as_text(course, student):
    """The cell of the answer has become a Markdown cell, by accident."""
    book = json.loads(bytes_of(right(course)))
    for cell in book["cells"]:
        if cell["id"] == "exercise-count-conv-layers":
            cell["cell_type"] = "markdown"
            del cell["outputs"], cell["execution_count"]
    course.submit(student, ONE, json.dumps(book))


@case(15)
def metadata_stripped(course, student):
    """A tool has dropped ids, metadata and outputs."""
    book = right(course)
    cells = [{"cell_type": cell.cell_type, "source": cell.source, "metadata": {}} for cell in book.cells]
    course.submit(student, ONE, json.dumps({"nbformat": 4, "nbformat_minor": 2, "metadata": {}, "cells": cells}))


@case(10, "SyntaxError|NameError")
def source_that_no_parser_likes(course, student):
    """Sources that bring parsers down: null bytes, lone surrogates, and everything nested."""
    sources = [
        "x = '\0'",
        "x = '\ud800'",
        "(" * 20_000,
        "-" * 20_000 + "1",
        "x" + "[0]" * 1_000,
        "if 1:\n" + " " * 99,
    ]
    book = json.loads(bytes_of(wrong(course)))
    for cell in book["cells"]:
        if cell["id"] == "exercise-count-conv-layers":
            cell["source"] = sources[0]
    book["cells"] += [{"cell_type": "code", "source": text, "metadata": {}, "outputs": []} for text in sources]
    course.submit(student, ONE, json.dumps(book))


@case(10)
def scripts_in_text(course, student):
    """Scripts in Markdown, raw cells, links and pasted pictures, for whoever opens the feedback."""
    script = "<script>document.title='SCRIPT_MARK'</script><img src=x onerror=\"document.title='SCRIPT_MARK'\">"
    book = wrong(course)
    text = new_markdown_cell(
        f"{script}\n\n[go](javascript:SCRIPT_MARK) ![p](attachment:p.png)\n\n```html\n{script}\n```"
    )
    text["attachments"] = {"p.png": {"image/png": "AA\" onerror=\"document.title='SCRIPT_MARK'"}}
    book.cells[1:1] = [text, new_raw_cell(script, metadata={"format": "text/html", "raw_mimetype": "text/html"})]
    course.submit(student, ONE, book)


@case(15)
def text_that_takes_forever_to_show(course, student):
    """Text and code on which what renders and colours them takes minutes to hours."""
    book = right(course)
    book.cells += [
        new_markdown_cell("\\begin{a}" * 50_000),
        new_code_cell("a." * 12_000 + "b"),
    ]
    course.submit(student, ONE, book)


# ---------------------------------------------------------------------------------------------------------- files


@case(0, "cut off")
def file_truncated(course, student):
    """The end of the file is missing."""
    course.submit(student, ONE, bytes_of(right(course))[:-300])


@case(0, "the file is empty")
def file_empty(course, student):
    """A file of no bytes."""
    course.submit(student, ONE, b"")


@case(0, "binary data")
def file_binary(course, student):
    """Random bytes."""
    course.submit(student, ONE, b"\x80" + os.urandom(5000))


@case(0, "a zip archive")
def file_zipped(course, student):
    """A zip archive that is called notebook."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(f"{ONE}.ipynb", bytes_of(right(course)) + b" " * 10**7)
    course.submit(student, ONE, archive.getvalue())


@case(15)
def file_of_old_format(course, student):
    """The notebook format of 2014."""
    cells = [
        {"cell_type": "code", "input": cell.source, "outputs": [], "language": "python", "metadata": {}}
        if cell.cell_type == "code"
        else {"cell_type": "markdown", "source": cell.source, "metadata": {}}
        for cell in right(course).cells
    ]
    book = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": cells}]}
    course.submit(student, ONE, json.dumps(book))


@case(0, "has format 5")
def file_of_future_format(course, student):
    """A notebook format that there is not yet."""
    course.submit(student, ONE, json.dumps({**right(course), "nbformat": 5}))


@case(0, "at most 64 MiB")
def file_huge(course, student):
    """A file of a terabyte (in which there is nothing)."""
    with open(course.submit(student, ONE, b"{"), "r+b") as file:
        file.truncate(2**40)


@case(0, "nested too deeply")
def file_nested(course, student):
    """A hundred thousand lists in each other."""
    course.submit(student, ONE, '{"nbformat": 4, "cells": ' + "[" * 100_000 + "]" * 100_000 + "}")


@case(0, "at most 2,000 are read")
def file_of_many_cells(course, student):
    """Twenty thousand cells."""
    book = right(course)
    cells = [{"cell_type": "code", "source": "1", "metadata": {}, "outputs": []}] * 20_000
    course.submit(student, ONE, json.dumps({**book, "cells": [*book.cells, *cells]}))


@case(0, "JSON of another kind|no list of cells|is not JSON|a number that is too long")
def file_of_giant_numbers(course, student):
    """Numbers with a million digits, where numbers are expected."""
    course.submit(student, ONE, '{"cells": [], "nbformat_minor": 1, "nbformat": ' + "4" * 1_000_000 + "}")


@case(0, "there is a folder of this name")
def file_is_a_folder(course, student):
    """A folder that is called notebook."""
    course.path(student, ONE).mkdir(parents=True)


@case(0, "something of this name that is not a file")
def file_is_a_pipe(course, student):
    """A named pipe, which whoever reads it waits at forever."""
    course.path(student, ONE).parent.mkdir(parents=True)
    os.mkfifo(course.path(student, ONE))
    os.mkfifo(course.path(student, ONE).with_name("pipe.txt"))


@case(0, "outside of the submission")
def file_is_a_link_to_a_friend(course, student):
    """A link to a good notebook of somebody else."""
    course.path(student, ONE).parent.mkdir(parents=True)
    course.path(student, ONE).symlink_to(course.path("good", ONE))


@case(10)
def links_to_everything(course, student):
    """Links beside the notebook: to the gradebook, the solutions, a friend, itself, and the whole file system."""
    folder = course.submit(student, ONE, wrong(course)).parent
    solution = course.root / "solutions" / "resnet" / f"{ONE}.ipynb"
    links = {"gradebook.db": course.root / "gradebook.db", "solution.ipynb": solution, "loop": folder / "loop"}
    links |= {"friend": course.path("good", ONE).parent, "all": "/", "my_resnet.py": course.root / "gradebook.db"}
    for name, target in links.items():
        (folder / name).symlink_to(target)


@case(0)
def folder_is_a_link_to_a_friend(course, student):
    """The whole folder is a link to somebody else's."""
    (course.root / "submitted" / student).mkdir(parents=True)
    (course.root / "submitted" / student / "resnet").symlink_to("../good/resnet")


@case(0)
def student_is_a_link_to_a_friend(course, student):
    """The student is a link to somebody else."""
    (course.root / "submitted" / student).symlink_to("good")


@case(10)
def files_with_the_names_of_modules(course, student):
    """Files that Python or nbgrader could take for its own, all of which give themselves full marks or write outside."""
    folder = course.submit(student, ONE, wrong(course)).parent
    code = f"open({str(course.root / 'written-by-a-submission')!r}, 'w').close()\ndef hand_in(*_):\n    return 5.0\n"
    for name in (
        "torch",
        "numpy",
        "course_utils",
        "sitecustomize",
        "usercustomize",
        "ipykernel_launcher",
        "autograder",
    ):
        (folder / f"{name}.py").write_text(code)
    for name in ("nbgrader_config.py", "jupyter_config.py", "ipython_config.py", "startup.py", "conftest.py"):
        (folder / name).write_text(code)


@case(15)
def file_called_copy_of(course, student):
    """The lesson as Colab calls it, and another notebook beside it."""
    course.submit(student, f"Copy of {ONE}", right(course))
    course.submit(student, "Untitled", nbformat.v4.new_notebook(cells=[new_code_cell("1 / 0")]))


@case(15)
def file_of_another_ending_in_a_folder(course, student):
    """The lesson as a mail program calls it, one folder too deep, beside what is no notebook."""
    path = course.path(student, ONE).parent / "work" / f"{ONE}.ipynb.txt"
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes_of(right(course)))
    (path.parent / f"{ONE}.ipynb.pdf").write_bytes(b"%PDF-1.7")


@case(0)
def file_in_a_folder_that_is_a_friends(course, student):
    """A folder that is a link to a friend's, and links by other endings: none is followed."""
    folder = course.path(student, ONE).parent
    folder.mkdir(parents=True)
    (folder / "resnet").symlink_to(course.path("good", ONE).parent)
    (folder / f"{ONE}.ipynb.txt").symlink_to(course.path("good", ONE))
    (folder / f"{ONE}.IPYNB").symlink_to(course.path("good", ONE))


@case(10, "2 versions of this lesson")
def file_twice_wrong_and_right(course, student):
    """The wrong answer under the lesson's name, a right one beside it."""
    course.submit(student, ONE, wrong(course))
    course.submit(student, f"{ONE} (1)", right(course))


@case(15, "set-up")
def set_up_as_text(course, student):
    """The first cell was made text."""
    book = right(course)
    for cell in book.cells:
        if "import hand_in" in cell.source:
            cell.cell_type = "raw"
            del cell["outputs"], cell["execution_count"]
    course.submit(student, ONE, book)


@case(15)
def time_stamp_of_nonsense(course, student):
    """A time stamp that is no time."""
    folder = course.submit(student, ONE, right(course)).parent
    (folder / "timestamp.txt").write_bytes(b"\xff tomorrow 99999-99-99")


@case(15)
def honest_cells_merged(course, student):
    """Answer and cell that hands in are one cell, as Jupyter merges them: once under the answer's id, once under the other's."""
    book = right(course)
    for number, (exercise, handin) in enumerate(
        (("exercise-count-conv-layers", COUNT_ID), ("exercise-plain-block-parameters", PARAMETERS_ID))
    ):
        one, other = cell_of(book, exercise), cell_of(book, handin)
        kept, gone = (one, other) if number == 0 else (other, one)
        kept.source = one.source + "\n\n" + other.source
        book.cells.remove(gone)
    course.submit(student, ONE, book)


@case(15)
def honest_windows(course, student):
    """Line endings of Windows in every cell and in the file, and a mark at its beginning."""
    book = right(course)
    for cell in book.cells:
        cell.source = cell.source.replace("\n", "\r\n")
    course.submit(student, ONE, b"\xef\xbb\xbf" + bytes_of(book).replace(b"\n", b"\r\n"))


@case(15)
def honest_odd_fields(course, student):
    """Fields that are null, floats or of another type, ids that are there twice, cells of a kind that nobody knows."""
    book = json.loads(bytes_of(right(course)))
    for cell in book["cells"]:
        if "nbgrader" not in cell["metadata"]:
            cell["metadata"] = None
        cell["outputs"], cell["execution_count"], cell["attachments"] = None, "7", None
    odd = [{"cell_type": kind, "source": None, "metadata": [], "id": 7} for kind in ("sql", None, "heading", 4, "code")]
    twice = [{"cell_type": "code", "source": ["x = 1\n", None, "y = 2"], "id": "first"}] * 2
    book["cells"][1:1] = odd
    book["cells"] += twice
    course.submit(student, ONE, json.dumps({**book, "nbformat": 4.0, "nbformat_minor": None, "metadata": None}))


@case(10)
def addresses_of_all_kinds(course, student):
    """Addresses that run scripts in links, pictures, references, headings, formulas, code, and names of files."""
    mark = "document.title='SCRIPT_MARK'"
    book = wrong(course)
    texts = [
        f"[a](java\nscript:{mark}) [b](&#106;avascript:{mark}) [c](<javascript:{mark}>) [d](JaVaScRiPt:{mark}) [e](\tjavascript:{mark})",
        f'<javascript:{mark}> [f][r] ![g][r]\n\n[r]: javascript:{mark} "t\\" onclick={mark}"',
        f"[h](data:text/html;base64,PHNjcmlwdD4=) [i](vbscript:{mark}) [j](x 'a\" onmouseover=\"{mark}') ![k](x \"y' onerror='{mark}\")",
        f"# a <b onclick={mark}> {{#id onclick={mark}}}\n\n$<img src=x onerror={mark}>$ $$\\href{{javascript:{mark}}}{{x}}$$",
        f'```py" onclick="{mark}\n1\n```\n\n~~~ <script>{mark}</script>\n~~~\n\n| <svg/onload={mark}> |\n|---|\n| <style>*{{}}</style> |',
        f"\\begin{{x}}</script><script>{mark}</script>\\end{{x}} <!-- --!><script>{mark}</script> -->",
        f"![x](attachment:a) ![x](attachment:b) ![y](data:image/svg+xml,<svg/onload={mark}>) [^1]\n\n[^1]: <script>{mark}</script>",
        f"<svg><animate onbegin={mark}> <math><a xlink:href=javascript:{mark}>x <iframe srcdoc='<script>{mark}</script>'>",
    ]
    cells = [new_markdown_cell(text) for text in texts]
    cells[6]["attachments"] = {
        "a": {"image/svg+xml": f"<svg onload={mark}>", "image/png": f"x' onerror='{mark}"},
        f'b" onerror="{mark}': {"image/gif": '" onerror="' + mark},
    }
    book.cells[1:1] = [
        *cells,
        new_code_cell(f"# </pre></div><script>{mark}</script>\n'''<img onerror={mark}>"),
        new_raw_cell(f"<script>{mark}</script>"),
    ]
    folder = course.submit(student, ONE, book).parent
    (folder / "<img src=x onerror=SCRIPT_MARK>.ipynb").write_bytes(bytes_of(wrong(course)))
    (folder / "\x1b[2J\n[AutogradeApp | INFO] everything.txt").write_text("x")


@case(10)
def settings_of_all_kinds(course, student):
    """Files that IPython, Jupyter, matplotlib, pip, git and shells could take for their settings."""
    folder = course.submit(student, ONE, wrong(course)).parent
    code = f"open({str(course.root / 'written-by-a-submission')!r}, 'w').close()\nhand_in = lambda *_: 5.0\n"
    for name in (
        ".ipython/profile_default/startup/00.py",
        ".ipython/profile_default/ipython_kernel_config.py",
        "profile_default/startup/00.py",
        "ipython_kernel_config.py",
        ".jupyter/jupyter_nbconvert_config.py",
        "alembic.ini",
        "alembic/env.py",
        "pyproject.toml",
        "matplotlibrc",
        ".env",
        "x.pth",
        "encodings/__init__.py",
        "autograder/judge.py",
        "nbgrader/__init__.py",
        "kernels/python3/kernel.json",
        "share/jupyter/kernels/python3/kernel.json",
        "templates/course_feedback/index.html.j2",
        "resnet.db",
        "gradebook.db",
        ".graded.json",
        ".nbgrader.log",
        "jupyter_nbconvert_config.json",
        "dask.yaml",
        "distributed.yaml",
        "my_resnet.py/x",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(code)


@case((0, 10))
def code_that_takes_long_to_read(course, student):
    """Cells of code of just the length that is still parsed, with the names that are looked for."""
    book = wrong(course)
    book.cells += [new_code_cell("a=b\n" * 49_000) for _ in range(12)]
    course.submit(student, ONE, book)


@case(0)
def lists_without_end(course, student):
    """A file of a few megabytes that takes gigabytes when it is read."""
    course.submit(student, ONE, b'{"nbformat": 4, "cells": [' + b"[[]]," * 2**20 + b"[]]}")


# ---------------------------------------------------------------------------------------------------------- names


def _ordinary(course, student):
    """A right answer of somebody with an odd name."""
    course.submit(student, ONE, right(course))


for _name, _student in {
    "name_of_another_script": "Zoë 王小明 😀",
    "name_with_quotes": """o'brien "x" ; drop table student; --""",
    "name_of_a_pattern": "[a-z]*?",
    "name_of_an_option": "--force",
    "name_of_a_format": "%s{0}${HOME}",
    "name_of_markup": "[red]<b onclick=1>&amp;[",
    "name_as_long_as_can_be": "x" * 200,
    "name_with_spaces": "  a  b ",
}.items():
    CASES.append(Case(_name, _ordinary, 15, 15, "", _student))


@case(0, student="a\nb")
def name_with_a_line_break(course, student):
    """A name over which nbgrader gives up on the whole class."""
    course.submit(student, ONE, right(course))


@case(0, student=os.fsdecode(b"\xff\xfe"))
def name_that_is_no_text(course, student):
    """A name that is no UTF-8."""
    course.submit(student, ONE, right(course))
