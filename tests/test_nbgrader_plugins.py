"""What plugs into nbgrader, part by part and without kernels: reading, restoring, judging, looking over, exit status."""

import base64
import contextlib
import copy
import json
import logging
import os
import random
import subprocess
import sys
import textwrap
from pathlib import Path

import nbformat
import pytest
import torch
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import ComputeChecksums, DeduplicateIds
from nbgrader.utils import determine_grade
from tiny_course import COUNT, ROOT, answered, cell_of, exercise, hand_in, lesson_01, lesson_04, marks

from autograder.nbgrader_plugins import KEY, ONLY_SHOWS, judging, look_over, unusual
from autograder.nbgrader_plugins.judging import JudgeHandIns, NoEvidence, check, evidence_in, scaled
from autograder.nbgrader_plugins.reading import MAX_CELLS, MAX_PARTS, Unreadable, read_notebook, stand_in
from autograder.nbgrader_plugins.restore import NOT_FOUND, defined_names, is_answer, is_manual, restore
from autograder.nbgrader_plugins.versions import SayWhichVersionCounts
from autograder.verdict import Mark, Verdict
from course_utils.evidence import MAX_BYTES, MIME


@pytest.fixture(autouse=True)
def nothing_seen_yet(monkeypatch):
    monkeypatch.setattr(unusual, "_seen", [])
    monkeypatch.setattr(unusual, "_gave_up", [])


# ------------------------------------------------------------------------------------------------ reading


def notebook_json(**changes) -> str:
    book = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
    return json.dumps({**book, **changes})


UNREADABLE = {
    "": "empty",
    "   \n": "empty",
    "{": "cut off",
    notebook_json(cells=[{"cell_type": "code", "source": "x = 1", "metadata": {}}])[:-20]: "cut off",
    "Dear grader, here is my work.": "not a notebook",
    "<!DOCTYPE html><html></html>": "web page",
    "[1, 2]": "another kind",
    '{"a": 1}': "another kind",
    notebook_json(nbformat=5): "format 5",
    notebook_json(nbformat="four"): "format unknown",
    notebook_json(cells="none"): "no list of cells",
    notebook_json(cells=[7]): "no list of cells",
    notebook_json(cells=[{}] * (MAX_CELLS + 1)): "at most",
    "[" * 100_000: "nested",
    notebook_json(metadata=json.loads("[" * 200 + "]" * 200)): "nested",
    '{"nbformat": ' + "4" * 5000 + "}": "too long",
    '{"nbformat": 3, "worksheets": 5}': "old format 3",
    '{"nbformat": 4, "cells": [' + "[[]]," * (MAX_PARTS // 2) + "[]]}": "more than 1,000,000 lists",
}


@pytest.mark.parametrize(("content", "reason"), UNREADABLE.items(), ids=range(len(UNREADABLE)))
def test_what_is_no_notebook_is_refused_in_words(tmp_path, content, reason):
    path = tmp_path / "01.ipynb"
    path.write_text(content)
    with pytest.raises(Unreadable, match=reason):
        read_notebook(path, tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04abc", "zip"),
        (b"%PDF-1.7", "PDF"),
        (b"\x00\xff\xfe\x80" * 100, "binary"),
        (b"\x1f\x8b\x08", "archive"),
    ],
)
def test_binary_files_are_refused_in_words(tmp_path, content, reason):
    path = tmp_path / "01.ipynb"
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=reason):
        read_notebook(path, tmp_path)


def test_a_file_that_is_too_large_is_refused_unread(tmp_path):
    path = tmp_path / "01.ipynb"
    with path.open("wb") as file:
        file.truncate(65 * 2**20)
    with pytest.raises(Unreadable, match="65 MiB"):
        read_notebook(path, tmp_path)


def test_brackets_in_text_are_no_lists(tmp_path):
    path = tmp_path / "01.ipynb"
    printed = 'x = "[[{" \\' + "[" * MAX_PARTS
    path.write_text(notebook_json(cells=[{"cell_type": "raw", "source": printed, "metadata": {}}]))
    assert read_notebook(path, tmp_path).cells[0].source == printed


def test_a_folder_is_refused(tmp_path):
    (tmp_path / "01.ipynb").mkdir()
    with pytest.raises(Unreadable, match="folder"):
        read_notebook(tmp_path / "01.ipynb", tmp_path)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "01.ipynb")
    with pytest.raises(Unreadable, match="not a file"):
        read_notebook(tmp_path / "01.ipynb", tmp_path)


def test_links_are_followed_inside_of_the_submission_only(tmp_path):
    folder = tmp_path / "ana"
    folder.mkdir()
    for place in (tmp_path / "other.ipynb", folder / "mine.ipynb"):
        place.write_text(notebook_json())
    (folder / "out.ipynb").symlink_to(tmp_path / "other.ipynb")
    (folder / "in.ipynb").symlink_to(folder / "mine.ipynb")
    (folder / "broken.ipynb").symlink_to(folder / "nothing.ipynb")
    (folder / "loop.ipynb").symlink_to(folder / "loop.ipynb")
    assert read_notebook(folder / "in.ipynb", folder).cells == []
    for name, reason in (("out", "outside"), ("broken", "cannot be opened"), ("loop", "cannot be opened")):
        with pytest.raises(Unreadable, match=reason):
            read_notebook(folder / f"{name}.ipynb", folder)


def test_the_old_format_3_is_upgraded(tmp_path):
    cell = {"cell_type": "code", "input": ["x = 1\n", "y = 2"], "outputs": [], "language": "python", "metadata": {}}
    old = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": ""},
        "worksheets": [{"cells": [cell], "metadata": {}}],
    }
    path = tmp_path / "01.ipynb"
    path.write_text(json.dumps(old))
    assert [cell.source for cell in read_notebook(path, tmp_path).cells] == ["x = 1\ny = 2"]


def test_a_minor_format_of_the_future_and_a_byte_order_mark_are_read(tmp_path):
    path = tmp_path / "01.ipynb"
    for content in (b"\xef\xbb\xbf" + notebook_json(nbformat_minor=99).encode(), notebook_json().encode("utf-16")):
        path.write_bytes(content)
        assert read_notebook(path, tmp_path).nbformat == 4


def test_reading_keeps_text_and_claims_and_drops_all_else(tmp_path):
    forged = {
        "cell_type": "code",
        "id": "mine",
        "source": ["a", "\ud800", 7],
        "metadata": {
            **marks("handin-x", grade=True, points=1000),
            KEY: {"points": 100},
            "tags": ["skip-execution"],
        },
        "outputs": [{"output_type": "execute_result", "data": {"text/plain": "100"}}],
        "execution_count": "no number",
    }
    path = tmp_path / "01.ipynb"
    path.write_text(notebook_json(cells=[forged, {"cell_type": "odd"}, {**forged, "id": "not an id!"}]))
    book = read_notebook(path, tmp_path)
    nbformat.validate(book)
    assert book.cells[0].source == "a?"
    assert book.cells[0].metadata == {"nbgrader": {"grade_id": "handin-x"}}
    assert book.cells[0].outputs == [] and book.cells[0].id == "mine"
    assert book.cells[1].cell_type == "raw"
    assert len({cell.id for cell in book.cells}) == 3


def test_pictures_in_a_written_answer_are_kept(tmp_path):
    cell = {"cell_type": "markdown", "source": "![](attachment:a.png)", "metadata": {}}
    cell["attachments"] = {"a.png": {"image/png": "aGVsbG8="}, "b": {"text/html": "<script>"}}
    path = tmp_path / "01.ipynb"
    path.write_text(notebook_json(cells=[cell]))
    assert read_notebook(path, tmp_path).cells[0].attachments == {"a.png": {"image/png": "aGVsbG8="}}


# ------------------------------------------------------------------------------------------------ restoring


def released(lesson) -> nbformat.NotebookNode:
    """A lesson as students get it: solutions and hidden lines are gone."""
    book = lesson
    for cell in book.cells:
        lines, hidden = [], False
        for line in cell.source.split("\n"):
            if "### BEGIN" in line:
                hidden = True
                if "SOLUTION" in line:
                    lines.append("    raise NotImplementedError()")
            elif "### END" in line:
                hidden = False
            elif not hidden:
                lines.append(line)
        cell.source = "\n".join(lines)
    if any(cell.cell_type == "markdown" and "nbgrader" in cell.metadata for cell in book.cells):
        cell_of(book, "reflection").source = "YOUR ANSWER HERE"
    return book


@pytest.fixture
def release():
    return released(lesson_01())


@pytest.fixture
def submission(release):
    return answered(copy.deepcopy(release))


def ids(book) -> list[str]:
    return [cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in book.cells]


E1, H1, E2, H2 = (
    "exercise-count-conv-layers",
    "handin-count-conv-layers",
    "exercise-plain-block-parameters",
    "handin-plain-block-parameters",
)


def test_an_honest_submission_is_not_changed(submission, release):
    found = restore(submission, release)
    assert [cell.source for cell in found.notebook.cells] == [cell.source for cell in submission.cells]
    assert [cell.id for cell in found.notebook.cells] == [cell.id for cell in submission.cells]
    assert found.notes == {} and found.unanswered == []
    nbformat.validate(found.notebook)


def test_a_submission_as_released_is_known_to_be_unanswered(release):
    assert restore(copy.deepcopy(release), release).unanswered == [H1, H2]


def test_only_the_release_says_what_only_shows_something_and_only_of_what_is_unchanged(release):
    shows = [new_code_cell(f"{name}()", id=f"shows-{name}") for name in ("plot", "print")]
    for cell in shows:
        cell.metadata["tags"] = [ONLY_SHOWS, "another"]
    release.cells += shows
    book = answered(copy.deepcopy(release))
    for cell in book.cells:
        cell.metadata["tags"] = [ONLY_SHOWS]
    book.cells[-1].source = "print(my_own)"
    found = restore(book, release).notebook
    assert [cell.source for cell in found.cells if ONLY_SHOWS in cell.metadata.get("tags", ())] == ["plot()"]


def test_an_edited_hand_in_is_put_back_and_what_was_written_in_it_still_runs(submission, release):
    cell_of(submission, H1).source += "\ncount_conv_layers = lambda n: 7"
    found = restore(submission, release)
    position = ids(found.notebook).index(H1)
    assert cell_of(found.notebook, H1).source == cell_of(release, H1).source
    assert "lambda n: 7" in found.notebook.cells[position - 1].source
    assert "nbgrader" not in found.notebook.cells[position - 1].metadata
    assert "changed" in found.notes[H1][0]


def test_an_instructors_own_notebook_is_not_taken_for_an_edited_one(release):
    book = lesson_01()
    sources = {grade_id: cell_of(book, grade_id).source for grade_id in (H1, H2)}
    assert restore(book, release, sources).notes == {}


def test_an_answer_written_into_the_hand_in_cell_is_not_lost(release):
    book = copy.deepcopy(release)
    cell_of(book, H1).source = "def count_conv_layers(n_blocks):\n    return 1 + 6 * n_blocks"
    found = restore(book, release).notebook
    sources = [cell.source for cell in found.cells]
    assert sources.index("def count_conv_layers(n_blocks):\n    return 1 + 6 * n_blocks") == ids(found).index(H1) - 1


def test_a_renamed_hand_in_is_recognised_by_its_cell_id(submission, release):
    cell_of(submission, H1).metadata.nbgrader.grade_id = "something-else"
    assert ids(restore(submission, release).notebook) == ids(release)


def test_a_hand_in_with_another_cell_id_is_recognised_by_its_grade_id(submission, release):
    cell_of(submission, H1).id = "pasted"
    found = restore(submission, release)
    assert ids(found.notebook) == ids(release) and found.notes == {}


def test_with_all_metadata_and_ids_gone_cells_are_recognised_by_content(submission, release):
    for number, cell in enumerate(submission.cells):
        cell.metadata, cell.id = {}, f"new-{number}"
    found = restore(submission, release)
    assert ids(found.notebook) == ids(release)
    assert [cell.source for cell in found.notebook.cells] == [cell.source for cell in submission.cells]


def test_a_deleted_hand_in_is_put_back_after_its_answer(submission, release):
    submission.cells.remove(cell_of(submission, H1))
    found = restore(submission, release)
    assert ids(found.notebook) == ids(release)
    assert "missing" in found.notes[H1][0]


def test_all_hand_ins_deleted_are_all_put_back_in_order(submission, release):
    submission.cells = [cell for cell in submission.cells if "handin" not in str(cell.metadata)]
    assert ids(restore(submission, release).notebook) == ids(release)


def test_a_hand_in_moved_before_its_answer_goes_after_it(submission, release):
    moved = cell_of(submission, H1)
    submission.cells.remove(moved)
    submission.cells.insert(1, moved)
    found = restore(submission, release)
    order = ids(found.notebook)
    assert order.index(E1) < order.index(H1)
    assert "before your answer" in found.notes[H1][0]


@pytest.mark.parametrize("hand_in", ["in its place", "missing", "first"])
def test_an_experiment_at_the_end_is_not_taken_for_the_answer(submission, release, hand_in):
    cell_of(submission, E1).source = "def count_conv_layers(n_blocks):\n    return 1 + 6 * n_blocks"
    submission.cells.append(new_code_cell("def count_conv_layers(n_blocks):  # what if?\n    return 0"))
    if hand_in != "in its place":
        submission.cells.remove(moved := cell_of(submission, H1))
        if hand_in == "first":
            submission.cells.insert(1, moved)
    found = restore(submission, release).notebook
    sources = [cell.source for cell in found.cells]
    assert "1 + 6" in cell_of(found, E1).source
    assert sources.index(cell_of(found, H1).source) < next(i for i, text in enumerate(sources) if "what if?" in text)


def test_a_hand_in_moved_to_the_end_stays_there(submission, release):
    moved = cell_of(submission, H1)
    submission.cells.remove(moved)
    submission.cells.append(moved)
    found = restore(submission, release)
    assert ids(found.notebook)[-1] == H1 and found.notes == {}


def test_an_answer_written_in_a_new_cell_below_the_hand_in_counts(release):
    book = copy.deepcopy(release)
    book.cells.append(new_code_cell("def count_conv_layers(n_blocks):\n    return 19"))
    found = restore(book, release).notebook
    sources = [cell.source for cell in found.cells]
    assert sources.index(book.cells[-1].source) < ids(found).index(H1)


def test_the_released_cell_below_an_answer_in_a_new_cell_does_not_undo_it(release):
    book = copy.deepcopy(release)
    at = next(index for index, cell in enumerate(book.cells) if is_answer(cell))
    stub = book.cells[at].source
    book.cells.insert(at, new_code_cell(COUNT))
    result = restore(book, release)
    sources = [cell.source for cell in result.notebook.cells]
    assert sources.index(stub) < sources.index(COUNT) < ids(result.notebook).index(H1)
    assert result.notebook.cells[sources.index(COUNT)].metadata.nbgrader.grade_id == E1
    assert "as it was released" in result.notes[H1][0] and H1 not in result.unanswered


def test_an_answer_of_which_the_release_shows_no_code_is_known_by_the_name_that_is_handed_in(release):
    cell_of(release, E1).source = "# TODO: count_conv_layers\nraise NotImplementedError()"
    book = copy.deepcopy(release)
    book.cells.append(new_code_cell("%matplotlib inline\ncount_conv_layers = lambda n: 1 + 6 * n"))
    found = restore(book, release, {H1: cell_of(lesson_01(), H1).source}).notebook
    assert [cell.source for cell in found.cells].index(book.cells[-1].source) < ids(found).index(H1)


def test_an_experiment_below_the_hand_in_does_not_undo_the_answer(submission, release):
    submission.cells.append(new_code_cell("def count_conv_layers(n_blocks):\n    return 'what if?'"))
    order = [cell.source for cell in restore(submission, release).notebook.cells]
    assert order[-1] == submission.cells[-1].source  # it still runs last, after the cell that hands in


def test_a_duplicated_answer_loses_nothing_where_stock_nbgrader_keeps_the_last(submission, release):
    copied = copy.deepcopy(cell_of(release, E1))  # a blank copy, kept at the end "to start again from"
    copied.id = "copy"
    submission.cells.append(copied)
    stock, _ = DeduplicateIds(enabled=True).preprocess(copy.deepcopy(submission), {})
    assert cell_of(stock, E1).id == "copy"
    found = restore(submission, release)
    assert "1 + 6 * n_blocks" in cell_of(found.notebook, E1).source
    order = ids(found.notebook)
    assert order.index(E1) < order.index(H1)
    assert len(found.notebook.cells) == len(submission.cells)


def test_duplicated_hand_ins_become_one(submission, release):
    twice = copy.deepcopy(cell_of(submission, H1))
    twice.id = "twice"
    submission.cells.append(twice)
    found = restore(submission, release)
    assert ids(found.notebook).count(H1) == 1
    assert "2 times" in found.notes[H1][0]


def test_forged_points_types_and_graded_cells_have_no_effect(submission, release):
    cell_of(submission, H1).metadata.nbgrader.points = 1000
    cell_of(submission, E1).metadata.nbgrader.update(grade=True, points=50)
    submission.cells.append(new_code_cell("1.0", metadata=marks("handin-of-my-own", grade=True, points=77)))
    book = restore(submission, release).notebook
    assert cell_of(book, H1).metadata == cell_of(release, H1).metadata
    assert cell_of(book, E1).metadata == cell_of(release, E1).metadata
    assert book.cells[-1].metadata == {}


def test_an_answer_turned_into_text_becomes_code_again(submission, release):
    index = ids(submission).index(E1)
    old = submission.cells[index]
    submission.cells[index] = new_markdown_cell(old.source, id=old.id, metadata=old.metadata)
    found = restore(submission, release)
    assert cell_of(found.notebook, E1).cell_type == "code"
    assert "code cell" in found.notes[H1][0]


def test_a_hand_in_turned_into_text_is_code_again(submission, release):
    index = ids(submission).index(H1)
    old = submission.cells[index]
    submission.cells[index] = new_markdown_cell(old.source, id=old.id, metadata=old.metadata)
    assert cell_of(restore(submission, release).notebook, H1).cell_type == "code"


@pytest.fixture
def release_04():
    return released(lesson_04())


def grade_of(cell):
    return determine_grade(cell)[0]


def with_checksums(release):
    return ComputeChecksums(enabled=True).preprocess(release, {})[0]


def test_a_written_answer_waits_for_a_person_and_none_gets_no_points(release_04):
    release = with_checksums(release_04)
    written = answered(copy.deepcopy(release))
    assert grade_of(cell_of(restore(written, release).notebook, "reflection")) is None
    assert grade_of(cell_of(restore(copy.deepcopy(release), release).notebook, "reflection")) == 0


def test_a_written_answer_that_cannot_be_found_is_left_to_a_person(release_04):
    release = with_checksums(release_04)
    book = answered(copy.deepcopy(release))
    book.cells.remove(cell_of(book, "reflection"))
    found = restore(book, release)
    assert NOT_FOUND in cell_of(found.notebook, "reflection").source
    assert grade_of(cell_of(found.notebook, "reflection")) is None
    assert "person" in found.notes["reflection"][0]


def test_a_written_answer_without_its_marks_is_recognised_by_its_place(release_04):
    book = answered(copy.deepcopy(release_04))
    own = cell_of(book, "reflection")
    own.metadata, own.id = {}, "other"
    found = restore(book, release_04)
    assert cell_of(found.notebook, "reflection").source == own.source
    assert "by its place" in found.notes["reflection"][0]


def test_an_answer_written_below_the_untouched_cell_is_left_to_a_person(release_04):
    release = with_checksums(release_04)
    book = copy.deepcopy(release)
    book.cells.insert(-1, new_markdown_cell("Residual networks train further down."))
    found = restore(book, release)
    assert grade_of(cell_of(found.notebook, "reflection")) is None
    assert "another cell" in found.notes["reflection"][0]


HEAD = "class ResidualBlock(nn.Module):\n"
INIT = "    def __init__(self, in_channels, out_channels, stride=1):\n        super().__init__()\n        self.a = stride\n"
MORE = "        self.b = 2\n"
FORWARD = "    def forward(self, x):\n        return self.a + self.b + x\n"
OPEN = "    def forward(self, x):\n        raise NotImplementedError()\n"
PIECES = {
    "a class each": [HEAD + INIT + MORE, HEAD + FORWARD],
    "forward first": [HEAD + FORWARD, HEAD + INIT + MORE],
    "a method that begins indented": [HEAD + INIT + MORE, FORWARD],
    "a method without indentation": [HEAD + INIT + MORE, textwrap.dedent(FORWARD)],
    "with a stub": [HEAD + INIT + MORE + OPEN, "%%time\n" + textwrap.dedent(FORWARD)],
    "stubs in both": [HEAD + INIT + MORE + OPEN, HEAD + INIT.split("\n")[0] + "\n        pass\n" + FORWARD],
    "split in the middle of __init__": [HEAD + INIT, MORE + FORWARD],
    "split in three": [HEAD, INIT + MORE, FORWARD],
    "a head that is no Python alone": [HEAD, INIT + MORE + FORWARD],
}


def pieces_in(real, pieces):
    """Lesson 02 with the first piece in the cell of the answer, and the others in cells behind it."""
    released, _ = real["02_residual_block"]
    book = copy.deepcopy(released)
    at = book.cells.index(cell_of(book, "exercise-residual-block"))
    book.cells[at].source = pieces[0]
    book.cells[at + 1 : at + 1] = [new_code_cell(piece) for piece in pieces[1:]]
    return restore(book, released)


def handed_in(found):
    """The last class before the cell that hands in, as Python makes it of the cells above."""
    names = {"nn": torch.nn}
    for cell in found.notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "handin-residual-block":
            return names["ResidualBlock"]
        if cell.cell_type == "code" and "class ResidualBlock" in cell.source:
            with contextlib.suppress(SyntaxError):
                exec(cell.source, names)
    raise AssertionError("nothing hands in")


@pytest.mark.parametrize("how", PIECES)
def test_a_class_cut_in_cells_is_put_together(real, how):
    found = pieces_in(real, PIECES[how])
    assert handed_in(found)(3, 4, stride=2)(10) == 14
    assert "put together" in found.notes["handin-residual-block"][-1] and found.unanswered == []


@pytest.mark.parametrize(
    "pieces",
    [
        [HEAD + INIT + MORE + FORWARD],
        [HEAD + INIT + MORE + FORWARD, HEAD + FORWARD],
        [HEAD + INIT + MORE, "class ResidualBlock(ResidualBlock):\n" + FORWARD],
        [HEAD + INIT + MORE, textwrap.dedent(FORWARD) + "ResidualBlock.forward = forward"],
        [
            HEAD
            + INIT
            + MORE
            + FORWARD.replace("return", "if x is None:\n            raise NotImplementedError\n        return")
        ]
        + [textwrap.dedent(FORWARD)],
    ],
)
def test_a_class_that_is_whole_is_left_as_it_is(real, pieces):
    found = pieces_in(real, pieces)
    assert not any("Put together" in cell.source for cell in found.notebook.cells)


@pytest.mark.parametrize(
    "pieces",
    [
        [HEAD + INIT + MORE + OPEN],
        [HEAD + INIT + MORE, HEAD + OPEN],
        [HEAD + OPEN, textwrap.dedent(FORWARD)],
        [HEAD + INIT + MORE, "def forward(x):\n    return x"],
        [HEAD + INIT + MORE, "def forward(self, x):\n    'TODO'\n    ..."],
    ],
)
def test_pieces_without_a_whole_class_gain_nothing(real, pieces):
    found = pieces_in(real, pieces)
    assert not any("Put together" in cell.source for cell in found.notebook.cells)


def test_a_release_that_shows_no_python_is_restored_as_ever(release):
    cell_of(release, E1).source = "# Here goes your function.\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    book = answered(copy.deepcopy(release))
    assert restore(book, release).notes == {}


def test_a_blank_lesson_is_not_put_together(real):
    for released, _ in real.values():
        found = restore(copy.deepcopy(released), released)
        assert found.notes == {} and len(found.unanswered) == 1


def test_a_method_that_stands_elsewhere_and_is_called_is_put_into_the_network(real):
    released, _ = real["03_simple_resnet"]
    book = copy.deepcopy(released)
    cell = cell_of(book, "exercise-simple-resnet")
    cell.source = (
        "class SimpleResNet(nn.Module):\n    def __init__(self, n_blocks=3, block=None):\n        super().__init__()\n"
        "        self.stage1 = self._make_stage(1)\n    def forward(self, x):\n        return self.stage1\n"
    )
    book.cells.insert(book.cells.index(cell), new_code_cell("def _make_stage(self, n):\n    return n + 1"))
    found = restore(book, released)
    (whole,) = [cell.source for cell in found.notebook.cells if "Put together" in cell.source]
    names = {"nn": torch.nn}
    exec(whole, names)
    assert names["SimpleResNet"]()(0) == 2


SET_UP = "import math\nimport torch as t\n\nsize = t.tensor(3)"
USES = "def count_conv_layers(n_blocks):\n    return math.floor(1 + 2 * size * n_blocks)"


def lose_set_up(book, how):
    """A submission whose set-up cell does not do its work above the answer any more."""
    (at,) = [number for number, cell in enumerate(book.cells) if cell.id == "setup"]
    cell = book.cells[at]
    if how in ("raw", "markdown"):
        cell.cell_type = how
    elif how == "deleted":
        del book.cells[at]
    elif how == "at the end":
        book.cells.append(book.cells.pop(at))
    elif how == "right below the answer":
        book.cells.insert(at + 1, book.cells.pop(at))
    else:
        cell.source = how
    for other in book.cells:
        if how == "deleted":
            other.id = f"new-{other.id}"[:60]
    return book


def with_set_up(release):
    release = copy.deepcopy(release)
    release.cells.insert(2, new_code_cell(SET_UP, id="setup"))
    return release


@pytest.mark.parametrize(
    "how",
    [
        *("deleted", "raw", "markdown", "at the end", "right below the answer"),
        *("", "\n", "# import math", "'import math'", "import math", "%%bash\nimport math", "from os import sep"),
    ],
)
def test_the_released_set_up_runs_where_the_submission_has_none_that_works(release, how):
    release = with_set_up(release)
    book = lose_set_up(answered(copy.deepcopy(release), exercise_count_conv_layers=USES), how)
    found = restore(book, release)
    names: dict = {}
    for cell in found.notebook.cells:
        if cell.cell_type == "code" and cell.source in (SET_UP, USES):
            exec(cell.source, names)
            if cell.source == USES:
                break
    assert names["count_conv_layers"](2) == 13
    assert "set-up" in found.notes[H1][0] and "math" in found.notes[H1][0] + how
    assert "nbgrader" not in cell_of_text(found.notebook, SET_UP).metadata


def cell_of_text(book, source):
    return next(cell for cell in book.cells if cell.source == source)


@pytest.mark.parametrize(
    "how",
    [
        SET_UP + "\nx = 1",
        "from math import *\nimport torch as t, math\nsize = 3",
        "from my_set_up import *",
        "try:\n    import math\nexcept ImportError:\n    pass\nsize = 3",
    ],
)
def test_a_set_up_of_ones_own_is_left_alone(release, how):
    release = with_set_up(release)
    book = lose_set_up(answered(copy.deepcopy(release), exercise_count_conv_layers=USES), how)
    found = restore(book, release)
    assert SET_UP not in [cell.source for cell in found.notebook.cells] and found.notes == {}


def test_a_set_up_that_nobody_needs_is_not_put_back(release):
    release = with_set_up(release)
    found = restore(lose_set_up(answered(copy.deepcopy(release)), "deleted"), release)
    assert SET_UP not in [cell.source for cell in found.notebook.cells]


@pytest.mark.parametrize("how", ["deleted", "markdown", "at the end"])
def test_a_blank_answer_gains_nothing_from_a_set_up_that_is_put_back(release, how):
    release = with_set_up(release)
    blank = copy.deepcopy(release)
    cell_of(release, E1).source = cell_of(blank, E1).source = USES.split("\n")[0] + "\n    math.raise_error(size)"
    found = restore(lose_set_up(blank, how), release)
    assert H1 in found.unanswered


@pytest.mark.parametrize(
    "around",
    [
        "import sys\nif 'google.colab' in sys.modules:\n    !pip install -q torchinfo\n{}",
        "files = !ls\n{}",
        "{}\ncount_conv_layers?",
        "%%time\n{}",
        "%%capture\n!nvidia-smi\n{}",
        "with torch.no_grad():\n    %timeit 1\n{}",
    ],
)
def test_an_answer_beside_what_only_ipython_reads_is_found_in_another_cell(release, around):
    book = copy.deepcopy(release)
    book.cells.append(new_code_cell(around.format(COUNT), id="mine"))
    found = restore(book, release)
    ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in found.notebook.cells]
    marked = cell_of(found.notebook, "exercise-count-conv-layers")
    assert COUNT in marked.source and ids.index("handin-count-conv-layers") > found.notebook.cells.index(marked)
    assert "handin-count-conv-layers" not in found.unanswered


def test_of_two_written_answers_the_changed_one_is_graded(release_04):
    book = answered(copy.deepcopy(release_04))
    blank = copy.deepcopy(cell_of(release_04, "reflection"))
    blank.id = "blank"
    book.cells.append(blank)
    found = restore(book, release_04).notebook
    assert "further down" in cell_of(found, "reflection").source


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("class A:\n    def f(self): pass\nx = y = 1\nz: int = 2", {"A", "x", "y", "z"}),
        ("def f(:", set()),
        ("%matplotlib inline\nx = 1\n!ls", {"x"}),
        ("if True:\n    !pip install torchinfo\nclass A: pass", {"A"}),
        ("here = !ls\nx = 1\nx?\n??x", {"here", "x"}),
        ("%%time\nclass A: pass", {"A"}),
        ("%%capture said --no-stderr\n# quiet\nx = %who_ls\ndef f(): pass", {"x", "f"}),
        ("  x = 1\n  class A: pass", {"x", "A"}),
        (">>> def f():\n...     pass", {"f"}),
        ("try:\n    import apex\nexcept ImportError:\n    class A: pass", {"A"}),
        ("def f():\n    class A: pass", {"f"}),
        ("%%writefile block.py\nclass A: pass", set()),
        ("%%bash\nx=1", set()),
        ("class A: pass\n" + "!ls\n" * 1_000, set()),
        ("\x00", set()),
    ],
)
def test_names_that_a_cell_defines(source, names):
    assert defined_names(source) == names


def test_the_stand_in_of_an_unreadable_lesson_says_why_and_needs_no_repair(release):
    book = stand_in("01_plain_baseline.ipynb", "the file is empty", copy.deepcopy(release))
    assert "the file is empty" in book.cells[0].source
    found = restore(book, release)
    assert found.notes == {} and found.notebook.cells[0].source == book.cells[0].source


def mangled(book: dict, chance: random.Random) -> dict:
    """A notebook after some random accidents: cells dropped, doubled, moved, cut; values of any type anywhere."""
    junk = (None, 7, -1.5, True, "", "text", "\ud800", [], {}, ["a", 3], {"grade_id": 5}, {"nbgrader": []}, "handin-x")
    ids = ("handin-count-conv-layers", "exercise-count-conv-layers", "title", "")
    book = copy.deepcopy(book)
    for _ in range(chance.randrange(1, 12)):
        cells = book["cells"]
        if not cells:
            break
        cell = chance.choice(cells)
        accident = chance.randrange(9)
        if accident == 0:
            cells.remove(cell)
        elif accident == 1:
            cells.insert(chance.randrange(len(cells)), copy.deepcopy(cell))
        elif accident == 2:
            chance.shuffle(cells)
        elif accident == 3:
            cell[chance.choice(list(cell) or ["source"])] = chance.choice(junk)
        elif accident == 4:
            cell["cell_type"] = chance.choice(("code", "markdown", "raw", "odd"))
        elif accident == 5:
            cell["metadata"] = {
                "nbgrader": {"grade_id": chance.choice(ids), "grade": True, "points": chance.choice(junk)}
            }
        elif accident == 6:
            cell["id"] = chance.choice(ids)
        elif accident == 7:
            cell.pop(chance.choice(list(cell) or ["source"]), None)
        else:
            book["metadata"] = chance.choice(junk)
    return book


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("lesson", [lesson_01, lesson_04])
def test_whatever_happens_to_a_notebook_every_graded_cell_is_there_once_as_released(tmp_path, lesson):
    release = with_checksums(released(lesson()))
    submitted = answered(copy.deepcopy(release))
    special = [cell for cell in release.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    for seed in range(200):
        path = tmp_path / "mangled.ipynb"
        path.write_text(json.dumps(mangled(submitted, random.Random(seed))))
        try:
            book = read_notebook(path, tmp_path)
        except Unreadable:
            continue
        found = restore(book, release).notebook
        nbformat.validate(found)
        MetadataValidator().validate_nb(found)
        json.dumps(found, ensure_ascii=False).encode()
        for cell in special:
            restored = cell_of(found, cell.metadata.nbgrader.grade_id)
            assert (restored.cell_type, restored.metadata) == (cell.cell_type, cell.metadata), seed
            if cell.cell_type == "code":
                assert restored.source == cell.source, seed
        ours = {cell.metadata.nbgrader.grade_id for cell in special}
        assert {i for i in ids(found) if i} <= ours | {i for i in ids(release) if i.startswith("exercise")}, seed


# ------------------------------------------------------------------------------------------------ judging


def bundle(text: str):
    return new_output("display_data", data={MIME: text})


def test_one_piece_of_evidence_is_taken_whatever_is_printed_around_it():
    outputs = [
        new_output("stream", name="stderr", text="UserWarning: careful"),
        new_output("stream", name="stdout", text="35.0"),
        bundle(base64.b64encode(b"evidence").decode()),
        new_output("execute_result", data={"text/plain": "0.0"}),
    ]
    assert evidence_in(outputs) == b"evidence"


@pytest.mark.parametrize(
    ("outputs", "reason"),
    [
        ([], "nothing was handed in"),
        ([new_output("execute_result", data={"text/plain": "35.0"})], "nothing was handed in"),
        ([new_output("error", ename="NameError", evalue="name 'X' is not defined")], "NameError: name 'X'"),
        ([new_output("error", ename="E", evalue="\x1b[31mred\x1b[0m\nmore")], "E: red$"),
        ([bundle("AAAA"), bundle("AAAA")], "more than one"),
        ([bundle("not base64!")], "not in the form"),
        ([bundle("A" * (MAX_BYTES * 2))], "too large"),
        ([bundle("AAAA") | {"data": {MIME: ["AAAA"]}}], "not in the form"),
    ],
)
def test_anything_else_is_no_evidence_and_says_why(outputs, reason):
    with pytest.raises(NoEvidence, match=reason):
        evidence_in(outputs)


def verdict(*points: float) -> Verdict:
    return Verdict("count_conv_layers", tuple(Mark(f"c{i}", p, 2.0, "It is right.") for i, p in enumerate(points)))


def test_points_are_scaled_to_what_the_cell_is_worth():
    assert scaled(verdict(2, 0), 4.0) == verdict(2, 0)
    assert [mark.points for mark in scaled(verdict(2, 0), 1.0).marks] == [0.5, 0.0]
    assert scaled(verdict(2, 2), 0.0).points == 0


@pytest.mark.parametrize("points", [float("nan"), -1.0, 2.5, float("inf")])
def test_points_that_make_no_sense_are_refused(points):
    with pytest.raises(ValueError, match="criterion c0"):
        check(verdict(points))


def judged(monkeypatch, outputs, judge=None, runs=None, record=None, points=4, grade_id=H1):
    """One graded cell, judged. Returns the cell, and the grade that nbgrader reads off it."""
    monkeypatch.setattr(judging, "judge", judge or (lambda cell, evidence, seed, trouble: verdict(2, 0)))
    cell = hand_in(grade_id, "count_conv_layers", points)
    cell.outputs = outputs
    book = new_notebook(cells=[cell], metadata={KEY: record or {}})
    runs = {grade_id: {"seed": "abc", "trouble": ""}} if runs is None else runs
    ours = {"student": "ana", "assignment": "resnet", "notebook": "01_plain_baseline"}
    book, _ = JudgeHandIns(enabled=True).preprocess(book, {"nbgrader": ours, KEY: {"runs": runs}})
    return book.cells[0], determine_grade(book.cells[0])[0]


EVIDENCE = [bundle(base64.b64encode(b"evidence").decode())]


def test_the_verdict_is_the_only_output_and_nbgraders_grade(monkeypatch):
    noise = [
        new_output("stream", name="stderr", text="warning"),
        new_output("execute_result", data={"text/plain": "4.0"}),
        *EVIDENCE,
    ]
    cell, grade = judged(monkeypatch, noise)
    assert grade == 2.0
    (output,) = cell.outputs
    assert output.data["text/plain"] == "2.0" and "2 of 4 points" in output.data["text/html"]
    assert cell.metadata[KEY]["marks"][0]["points"] == 2.0 and cell.metadata[KEY]["seed"] == "abc"


def test_the_judge_gets_evidence_and_seed_or_the_reason_why_there_is_none(monkeypatch):
    asked = []

    def listen(cell, evidence, seed, trouble):
        asked.append((cell.hand_in, evidence, seed, trouble))
        return verdict(0, 0)

    judged(monkeypatch, EVIDENCE, listen)
    judged(monkeypatch, [], listen)
    judged(monkeypatch, EVIDENCE, listen, runs={H1: {"seed": "abc", "trouble": "the cell ran for too long"}})
    judged(monkeypatch, EVIDENCE, listen, runs={})
    judged(monkeypatch, EVIDENCE, listen, record={"unreadable": "the file is empty"})
    assert asked == [
        ("count_conv_layers", b"evidence", "abc", ""),
        ("count_conv_layers", None, "abc", "the cell ran, but nothing was handed in"),
        ("count_conv_layers", None, "abc", "the cell ran for too long"),
        ("count_conv_layers", None, "", "the cell was not run"),
        ("count_conv_layers", None, "abc", "the notebook could not be read: the file is empty"),
    ]


@pytest.mark.parametrize("broken", [lambda *a: 1 / 0, lambda *a: verdict(float("nan"), 0), lambda *a: None])
def test_a_judge_that_fails_costs_nobody_points_and_calls_a_person(monkeypatch, caplog, broken):
    with caplog.at_level(logging.WARNING):
        cell, _ = judged(monkeypatch, EVIDENCE, broken)
    assert cell.metadata[KEY]["for_a_person"] is True
    assert "person" in cell.outputs[0].data["text/html"]
    assert "Traceback" in caplog.text
    assert "a person has to grade it" in unusual.seen()[0]


def test_a_cell_that_the_rubric_does_not_know_is_worth_nothing_and_says_so(monkeypatch):
    cell, grade = judged(monkeypatch, EVIDENCE, grade_id="handin-invented")
    assert grade == 0.0 and "tell your instructor" in cell.outputs[0].data["text/html"]


def test_a_missing_name_is_traced_to_the_answer_that_failed(monkeypatch):
    monkeypatch.setattr(judging, "judge", lambda cell, evidence, seed, trouble: Verdict(trouble, verdict(0).marks))
    answer, hands_in = exercise(E1, COUNT), hand_in(H1, "count_conv_layers", 4)
    answer.outputs = [new_output("error", ename="SyntaxError", evalue="invalid syntax")]
    hands_in.outputs = [new_output("error", ename="NameError", evalue="name 'count_conv_layers' is not defined")]
    ours = {"student": "ana", "assignment": "resnet", "notebook": "01_plain_baseline"}
    resources = {"nbgrader": ours, KEY: {"runs": {H1: {"seed": "abc", "trouble": ""}}}}
    book, _ = JudgeHandIns(enabled=True).preprocess(new_notebook(cells=[answer, hands_in]), resources)
    assert (
        book.cells[1]
        .metadata[KEY]["hand_in"]
        .endswith("the cell of your answer stopped with SyntaxError: invalid syntax")
    )


def test_repairs_are_shown_with_the_verdict(monkeypatch):
    cell, _ = judged(monkeypatch, EVIDENCE, record={"notes": {H1: ["It was put back."]}})
    assert "It was put back." in cell.outputs[0].data["text/html"]
    assert list(cell.metadata[KEY]["notes"]) == ["It was put back."]


def test_no_evidence_is_unusual_only_where_something_had_been_answered(monkeypatch):
    judged(monkeypatch, [], record={"unanswered": [H1]})
    assert unusual.seen() == ()
    judged(monkeypatch, [])
    assert "nothing was handed in" in unusual.seen()[0]


# ------------------------------------------------------------------------------------------------ looking over


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "submitted" / "ana" / "resnet"
    path.mkdir(parents=True)
    return path


def look(folder) -> list[str]:
    notebooks = sorted(str(path) for path in folder.glob("*.ipynb"))
    look_over.look_over(assignment="resnet", student="*", notebooks=notebooks)
    return notebooks


def test_an_ordinary_folder_is_left_alone(folder, submission):
    nbformat.write(submission, folder / "01_plain_baseline.ipynb")
    (folder / "my_resnet.py").write_text("x = 1")
    (folder / "timestamp.txt").write_text("2030-02-03 12:00:00 UTC")
    before = sorted(folder.iterdir())
    look(folder)
    assert sorted(folder.iterdir()) == before and unusual.seen() == ()


def test_links_pipes_and_broken_time_stamps_are_set_aside(folder, submission):
    nbformat.write(submission, folder / "01_plain_baseline.ipynb")
    (folder / "gradebook").symlink_to("/etc/passwd")
    (folder / "broken").symlink_to("nowhere")
    os.mkfifo(folder / "pipe")
    (folder / "timestamp.txt").write_bytes(b"\xff\xfe")
    look(folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        "01_plain_baseline.ipynb",
        "broken.set-aside",
        "gradebook.set-aside",
        "pipe.set-aside",
        "timestamp.txt.set-aside",
    ]
    assert len(unusual.seen()) == 4


def test_a_renamed_lesson_is_taken_under_its_right_name(folder, submission):
    nbformat.write(submission, folder / "Copy of 01_plain_baseline.ipynb")
    notebooks = look(folder)
    assert str(folder / "01_plain_baseline.ipynb") in notebooks
    assert "Copy of" in unusual.seen()[0]
    assert (folder / "Copy of 01_plain_baseline.ipynb").exists()


def test_of_two_files_that_could_be_a_lesson_the_last_by_its_name_is_taken(folder, submission):
    last = copy.deepcopy(submission)
    last.cells.append(new_code_cell("'the last'"))
    nbformat.write(submission, folder / "mine (2).ipynb")
    nbformat.write(last, folder / "mine (10).ipynb")
    assert any("01_plain" in name for name in look(folder))
    assert "the last" in (folder / "01_plain_baseline.ipynb").read_text()
    assert "'mine (10).ipynb' is that lesson" in unusual.seen()[0]


def test_of_several_files_the_one_that_was_worked_on_is_taken(folder, real):
    released, mine = real["02_residual_block"]
    for name, book in {"a": released, "b": mine, "c": released}.items():
        nbformat.write(book, folder / f"{name}.ipynb")
    look(folder)
    assert "# mine" in (folder / "02_residual_block.ipynb").read_text()


@pytest.mark.parametrize(
    "name",
    [
        *("01_plain_baseline.ipynb.txt", "01_plain_baseline.IPYNB", "01_plain_baseline.ipynb.json", "homework.json"),
        *("01_plain_baseline.ipynb (1)", "01_plain_baseline.ipynb.download", "01_plain_baseline", "notebook.txt"),
        *("resnet/01_plain_baseline.ipynb", "my work/final/01_plain_baseline.ipynb", "resnet/Copy of 01.IpyNb.txt"),
    ],
)
def test_a_lesson_by_another_name_or_in_a_folder_is_taken(folder, submission, name):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(nbformat.writes(submission))
    notebooks = [str(folder / "other-names.ipynb")]  # what reading passes on where nbgrader sees no notebook
    look_over.look_over(assignment="resnet", student="*", notebooks=notebooks)
    assert notebooks == [str(folder / "01_plain_baseline.ipynb")]
    assert nbformat.read(notebooks[0], as_version=4) == submission and (folder / name).exists()
    assert repr(name) in unusual.seen()[0]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("02_residual_block.ipynb.pdf", b"%PDF-1.7", "a PDF"),
        ("mine.ipynb.html", b"<html></html>", "a web page"),
        ("cut.IPYNB", b'{"nbformat": 4, "cells": [', "cut off"),
        ("other.ipynb.txt", notebook_json().encode(), "none of the lessons"),
        ("deep/own.json", notebook_json().encode(), "none of the lessons"),
    ],
)
def test_what_was_found_and_not_taken_is_named(folder, name, content, why):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    look_over.look_over(assignment="resnet", student="*", notebooks=[str(folder / "other-names.ipynb")])
    assert repr(name) in unusual.seen()[0] and why in unusual.seen()[0]


def test_what_is_no_notebook_is_not_taken_for_one(folder, submission):
    nbformat.write(submission, folder / "01_plain_baseline.ipynb")
    for name in (".ipynb_checkpoints/01_plain_baseline-checkpoint.ipynb", "x.set-aside/01_plain_baseline.ipynb"):
        (folder / name).parent.mkdir()
        nbformat.write(submission, folder / name)
    (folder / "data.json").write_text('{"a": 1}')
    (folder / "notes.txt").write_text("nbformat")
    (folder / "my_resnet.py").write_text("x = 1")
    look(folder)
    assert unusual.seen() == ()


def test_a_file_by_another_name_does_not_replace_a_lesson_that_was_worked_on(folder, real):
    released, mine = real["02_residual_block"]
    other = copy.deepcopy(mine)
    other.cells.append(new_code_cell("'other'"))
    nbformat.write(mine, folder / "02_residual_block.ipynb")
    (folder / "02_residual_block.ipynb.txt").write_text(nbformat.writes(other))
    look(folder)
    assert "'other'" not in (folder / "02_residual_block.ipynb").read_text()


def counting(folder, lesson):
    """A restored notebook after SayWhichVersionCounts."""
    path = folder / f"{lesson}.ipynb"
    book = restore(
        read_notebook(path, folder), nbformat.read(ROOT / "notebooks/resnet" / path.name, as_version=4)
    ).notebook
    book.metadata[KEY] = {"notes": {}}
    ours = {"student": "ana", "notebook": lesson, "assignment": "resnet"}
    return SayWhichVersionCounts(enabled=True).preprocess(book, {"nbgrader": ours, "metadata": {"path": str(folder)}})[
        0
    ]


def test_of_two_versions_it_is_said_which_one_counts(folder, real):
    released, mine = real["02_residual_block"]
    other = copy.deepcopy(mine)
    other.cells.append(new_code_cell("'other'"))
    nbformat.write(mine, folder / "02_residual_block.ipynb")
    nbformat.write(other, folder / "02_residual_block (1).ipynb")
    (note,) = counting(folder, "02_residual_block").metadata[KEY]["notes"]["handin-residual-block"]
    assert "02_residual_block.ipynb counts" in note and "'02_residual_block (1).ipynb'" in note
    assert "2 versions" in unusual.seen()[0]


def test_a_second_version_as_released_or_the_same_is_not_worth_a_word(folder, real):
    released, mine = real["02_residual_block"]
    for name, book in {"": mine, " (1)": mine, "-Copy1": released}.items():
        nbformat.write(book, folder / f"02_residual_block{name}.ipynb")
    assert counting(folder, "02_residual_block").metadata[KEY]["notes"] == {} and unusual.seen() == ()


def test_a_lesson_is_recognised_by_its_cells_and_a_stranger_is_not(folder, submission, release_04):
    nbformat.write(submission, folder / "a.ipynb")
    nbformat.write(answered(release_04), folder / "b.ipynb")
    nbformat.write(new_notebook(cells=[new_code_cell("x = 1")]), folder / "c.ipynb")
    (folder / "d.ipynb").write_text("{")
    assert [look_over.lesson_of(folder / f"{name}.ipynb", "resnet") for name in "abcd"] == [
        "01_plain_baseline",
        "04_fair_comparison",
        None,
        None,
    ]


@pytest.fixture
def real():
    """Lessons 02 and 03 as they are released, and as somebody has answered them."""
    books = {}
    for lesson in ("02_residual_block", "03_simple_resnet"):
        book = nbformat.read(ROOT / "notebooks" / "resnet" / f"{lesson}.ipynb", as_version=4)
        books[lesson] = book, copy.deepcopy(book)
        for cell in books[lesson][1].cells:
            if is_answer(cell):
                cell.source += "\n# mine"
    return books


def mine(path: Path) -> str:
    """The lesson that an answered file is, by its first line; "" where it is not answered."""
    book = nbformat.read(path, as_version=4)
    return book.cells[0].source.splitlines()[0] if any("# mine" in cell.source for cell in book.cells) else ""


def test_lessons_under_each_others_names_are_exchanged(folder, real):
    (_, two), (_, three) = real.values()
    nbformat.write(three, folder / "02_residual_block.ipynb")
    nbformat.write(two, folder / "03_simple_resnet.ipynb")
    notebooks = look(folder)
    assert [Path(name).stem for name in notebooks] == list(real)
    assert [mine(folder / f"{lesson}.ipynb") for lesson in real] == [
        book.cells[0].source.splitlines()[0] for book in (two, three)
    ]
    assert len(unusual.seen()) == 2
    look(folder)
    assert len(unusual.seen()) == 2  # now all is well


def test_a_lesson_under_the_name_of_a_missing_one_is_moved(folder, real):
    nbformat.write(real["02_residual_block"][1], folder / "03_simple_resnet.ipynb")
    assert [Path(name).name for name in look(folder)] == ["02_residual_block.ipynb"]
    assert mine(folder / "02_residual_block.ipynb")
    assert (folder / "03_simple_resnet.ipynb.set-aside").exists()


def test_a_second_copy_under_another_lessons_name_is_named_and_nothing_is_lost(folder, real):
    for lesson in real:
        nbformat.write(real["02_residual_block"][1], folder / f"{lesson}.ipynb")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    look(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert "holds lesson 02_residual_block" in unusual.seen()[0]


@pytest.mark.parametrize(("worked_on", "copy_counts"), [(False, True), (True, False)])
def test_an_untouched_lesson_gives_way_to_the_copy_that_was_worked_on(folder, real, worked_on, copy_counts):
    released, answered = real["02_residual_block"]
    own = copy.deepcopy(answered if worked_on else released)
    own.cells[0].source += "\nthe file of the right name"
    nbformat.write(own, folder / "02_residual_block.ipynb")
    nbformat.write(answered, folder / "02_residual_block-Copy1.ipynb")
    look(folder)
    taken = nbformat.read(folder / "02_residual_block.ipynb", as_version=4)
    assert mine(folder / "02_residual_block.ipynb")
    assert ("the file of the right name" not in taken.cells[0].source) == copy_counts
    assert len(unusual.seen()) == copy_counts


@pytest.mark.parametrize("written", [False, True])
def test_a_lesson_with_nothing_but_a_written_answer_was_worked_on(folder, written):
    own = nbformat.read(ROOT / "notebooks" / "resnet" / "04_fair_comparison.ipynb", as_version=4)
    answered = copy.deepcopy(own)
    for cell in filter(is_answer, answered.cells):
        cell.source += "\n# mine"
    if written:
        next(filter(is_manual, own.cells)).source = "The seeds differ."
    nbformat.write(own, folder / "04_fair_comparison.ipynb")
    nbformat.write(answered, folder / "04_fair_comparison-Copy1.ipynb")
    look(folder)
    assert bool(mine(folder / "04_fair_comparison.ipynb")) != written


@pytest.mark.parametrize("inside", ["", "a folder"])
def test_a_heap_of_files_is_set_aside_and_the_lesson_graded(folder, submission, inside):
    nbformat.write(submission, folder / "01_plain_baseline.ipynb")
    (folder / inside).mkdir(exist_ok=True)
    for number in range(look_over.MOST_FILES - bool(inside)):
        (folder / inside / f"{number}.txt").write_text("x")
    look(folder)
    assert len(list(folder.glob("*.txt"))) == (0 if inside else look_over.MOST_FILES)  # as many as may be
    (folder / inside / "one more").write_text("x")
    (folder / "another").write_text("x")
    look(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["01_plain_baseline.ipynb", "too-much.set-aside"]
    assert f"more than {look_over.MOST_FILES:,} files" in unusual.seen()[-1]


# ------------------------------------------------------------------------------------------------ exit status


def test_the_exit_status_tells_what_was_unusual_but_never_hides_a_failure():
    log = logging.getLogger("test")
    assert unusual.exit_status() is None
    unusual.unusual(log, "ana", "01", "the file is empty")
    assert unusual.exit_status() == 3
    nbgrader = os.path.join("site-packages", "nbgrader", "converters", "base.py")
    elsewhere = os.path.join("site-packages", "nbclient", "client.py")
    listen = unusual.GivingUp()
    for path, status in ((elsewhere, 3), (nbgrader, None)):
        listen.handle(logging.LogRecord("nbgrader", logging.ERROR, path, 1, "There was an error", (), None))
        assert unusual.exit_status() == status


@pytest.mark.parametrize(("event", "status"), [("", 0), ("unusual(app.log, 'ana', '01', 'odd')", 3)])
def test_a_process_ends_with_the_status(event, status):
    code = f"""
from nbgrader.apps import AutogradeApp
from autograder.nbgrader_plugins.unusual import tell_by_exit_status, unusual
tell_by_exit_status(); tell_by_exit_status()
app = AutogradeApp.instance()
{event}
print("done")
"""
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (status, "done\n"), ended.stderr
