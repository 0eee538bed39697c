"""A look at a student's folder before nbgrader copies it: what cannot be copied safely is set aside, renamed.

nbgrader follows links when it copies a submission, fails the whole student over a broken one, and takes a notebook for
missing that Colab has called "Copy of …". The one idea: everything stays in the student's folder; only names change.
"""

import functools
import itertools
import logging
import os
import re
import secrets
import shutil
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.utils import parse_utc
from traitlets.log import get_logger

from autograder import ROOT
from autograder.nbgrader_plugins.reading import SET_ASIDE as ASIDE
from autograder.nbgrader_plugins.reading import Unreadable, notebooks_in, read_notebook, released_notebook
from autograder.nbgrader_plugins.restore import is_fixed, is_manual, restore
from autograder.nbgrader_plugins.unusual import unusual
from autograder.rubric import LESSONS

MOST_FILES, MOST_BYTES = 1000, 256 * 2**20
"""What a folder may hold beside the lessons; the kernel's scratch folder has room for it."""

_LONGEST_TIME = 1000  # bytes of timestamp.txt that are read


def look_over(assignment: str, student: str, notebooks: list[str]) -> None:
    """Make one student's folder fit to be copied. `notebooks` are its files; what is taken for a lesson is added.

    Raises OSError and the like where that cannot be done: then nothing of the folder may be copied or run.
    """
    if not notebooks:
        return
    folder = Path(notebooks[0]).parent
    name = _student(folder, assignment)
    log = get_logger()
    _set_excess_aside(folder, assignment)
    _set_aside(folder, name, log)
    inside = os.path.dirname(notebooks[0])
    for original, path in _adopt(folder, assignment):
        original = original.relative_to(folder)
        unusual(log, name, path.stem, f"{str(original)!r} is that lesson, as its cells tell, and was taken for it")
        notebooks.append(os.path.join(inside, path.name))
    notebooks[:] = [path for path in dict.fromkeys(notebooks) if os.path.lexists(path)]


def before_converting(assignment: str, student: str, notebooks: list[str]) -> None:
    """nbgrader's pre_convert_hook: look_over. nbgrader goes on where a hook fails, so then it is left nothing to go on with."""
    folder = Path(notebooks[0]).parent if notebooks else Path()
    try:
        look_over(assignment, student, notebooks)
    except Exception as error:
        notebooks.clear()
        what = f"nothing is graded, because the folder cannot be looked over ({type(error).__name__}: {error})"
        unusual(get_logger(), _student(folder, assignment), assignment, what)


def _student(folder: Path, assignment: str) -> str:
    return folder.parent.name if folder.name == assignment else folder.name


def _everything(folder: Path) -> Iterator[Path]:
    """All that is in a folder; links are not followed. What lies too deep for a path to name it cannot be copied, either."""
    for inside, folders, files in os.walk(folder):
        yield from (Path(inside, name) for name in (*folders, *files))


def _set_aside(folder: Path, student: str, log: logging.Logger) -> None:
    """Rename links, special files and a time stamp that nbgrader cannot read. Notebooks are read with more care later."""
    for path in sorted(_everything(folder)):
        if path.suffix in (".ipynb", ASIDE) or not os.path.lexists(path):  # in a folder that was set aside
            continue
        mode = path.lstat().st_mode
        reason = ""
        if stat.S_ISLNK(mode):
            reason = "it is a link"
        elif not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            reason = "it is not a file"
        elif path == folder / "timestamp.txt" and not _is_timestamp(path):
            reason = "it holds no time"
        if reason:
            path.rename(_free_name(path))
            unusual(log, student, str(path.relative_to(folder)), f"set aside, because {reason}")


def _set_excess_aside(folder: Path, assignment: str) -> None:
    """Where a folder holds far more than a lesson can need, leave the lessons and move all else into a folder set aside."""
    own = {f"{lesson}.ipynb" for lesson in LESSONS.get(assignment, {})} | {"timestamp.txt"}
    extra = [entry for entry in os.scandir(folder) if entry.name not in own and not entry.name.endswith(ASIDE)]
    files = size = 0
    for path in itertools.chain.from_iterable(_all_in(entry) for entry in extra):
        files, size = files + 1, size + path.lstat().st_size
        if files > MOST_FILES or size > MOST_BYTES:
            break
    else:
        return
    aside = _free_name(folder / "too-much")
    aside.mkdir()
    for entry in extra:
        os.rename(entry.path, aside / entry.name)
    what = (
        f"more than {MOST_FILES:,} files or {MOST_BYTES // 2**20} MiB were handed in beside the lessons; all set aside"
    )
    unusual(get_logger(), _student(folder, assignment), assignment, what)


def _all_in(entry: os.DirEntry) -> Iterator[Path]:
    """What there is of a folder's entry: itself and all that is inside."""
    yield Path(entry.path)
    if entry.is_dir(follow_symlinks=False):
        yield from _everything(Path(entry.path))


def _free_name(path: Path) -> Path:
    """The name under which something is set aside: one that nothing has, and that is not too long."""
    plain = path.with_name(path.name[:40] + ASIDE)
    return path.with_name(f"{path.name[:40]}-{secrets.token_hex(4)}{ASIDE}") if os.path.lexists(plain) else plain


def _is_timestamp(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            text = file.read(_LONGEST_TIME).decode("utf-8").strip()
        return not text or parse_utc(text) is not None
    except (ValueError, OverflowError, OSError):  # UnicodeDecodeError and dateutil's errors are ValueErrors
        return False


def _adopt(folder: Path, assignment: str) -> list[tuple[Path, Path]]:
    """Give every lesson its right name: (file, lesson's file) for each that was called otherwise.

    A file is a lesson's where it is that lesson, as far as its cells tell, and does not bear the right name already; of
    several the one that was worked on, else the last by its name. One that bears the right name and was never worked on
    gives way to one that was. What is left is named.
    """
    lessons = LESSONS.get(assignment, {})
    named = {lesson: folder / f"{lesson}.ipynb" for lesson in lessons}
    files = notebooks_in(folder)
    strangers = [path for path in files if path not in named.values()]
    missing = [lesson for lesson, path in named.items() if not os.path.lexists(path)]
    says = {path: lesson_of(path, assignment) for path in files}
    misnamed = [path for path in files if path in named.values() and says[path] not in (None, path.stem)]
    taken: dict[Path, Path] = {}  # a lesson's file → the one that is that lesson
    for lesson, path in named.items():
        found = [one for one in (*strangers, *misnamed) if says[one] == lesson]
        if not found:
            continue
        worked_on = [one for one in found if not untouched(one, assignment)] if len(found) > 1 else []
        one = max(worked_on or found, key=_in_order)
        free = lesson in missing or path in misnamed
        if free or one in strangers and untouched(path, assignment) and not untouched(one, assignment):
            taken[path] = one
    _rename(taken, strangers)
    name = _student(folder, assignment)
    for path in set(misnamed) - taken.keys() - set(taken.values()):
        what = f"{path.name} holds lesson {says[path]}, not this one; a person has to look"
        unusual(get_logger(), name, path.stem, what)
    for path in strangers:
        if says[path] is None and path not in taken.values():
            inside = path.relative_to(folder)
            unusual(get_logger(), name, assignment, f"{str(inside)!r} was found and not taken: {_why_not(path)}")
    return [(source, path) for path, source in taken.items()]


def _in_order(path: Path) -> list:
    """What sorts names as people do: (2) before (10)."""
    parts = re.split(r"(\d+)", path.name)
    return [(int(part), "") if part.isdecimal() and len(part) < 10 else (-1, part) for part in parts]


def _why_not(path: Path) -> str:
    """Why a file that looks like a notebook is taken for no lesson."""
    try:
        read_notebook(path, path.parent)
    except Unreadable as reason:
        return str(reason)
    return "by its cells it is none of the lessons, or could be several"


def _rename(taken: dict[Path, Path], strangers: list[Path]) -> None:
    """Copy each lesson's file to its place. What stands in the way or bears a wrong lesson's name is set aside: nothing is lost."""
    places = {*taken, *taken.values()} - set(strangers)
    aside = {path: path.rename(_free_name(path)) for path in places if path.exists()}
    for path, source in taken.items():
        beside = path.with_name(f".{secrets.token_hex(4)}{ASIDE}")
        shutil.copyfile(aside.get(source, source), beside)
        beside.rename(path)  # never half a file


def untouched(path: Path, assignment: str) -> bool:
    """Whether every answer, in code and in words, is as it was released. Not where the notebook cannot be read."""
    lesson = lesson_of(path, assignment)
    released = _released(assignment, lesson) if lesson else None
    if released is None:
        return False
    try:
        restored = restore(read_notebook(path, path.parent), released)
    except Unreadable:
        return False
    handing_in = [cell for cell in released.cells if is_fixed(cell) and utils.is_grade(cell)]
    texts = [[cell.source for cell in book.cells if is_manual(cell)] for book in (restored.notebook, released)]
    return len(restored.unanswered) == len(handing_in) and texts[0] == texts[1]


def lesson_of(path: Path, assignment: str) -> str | None:
    """The lesson that a notebook is, by the cells that it claims to have and by its texts.

    None where it cannot be read, or could be several lessons or none.
    """
    try:
        notebook = read_notebook(path, path.parent)
    except Unreadable:
        return None
    claimed = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells}
    texts = {cell.source.strip() for cell in notebook.cells}
    own = _texts_of_its_own(assignment)
    hits = {
        lesson: sum(cell.grade_id in claimed for cell in cells) + len(texts & own[lesson])
        for lesson, cells in LESSONS[assignment].items()
    }
    best = max(hits.values(), default=0)
    winners = [lesson for lesson, count in hits.items() if count == best]
    return winners[0] if best and len(winners) == 1 else None


@functools.cache
def _texts_of_its_own(assignment: str) -> dict[str, set[str]]:
    """The longer texts of the released lessons' cells, those that several lessons have left out."""
    released = {lesson: _released(assignment, lesson) for lesson in LESSONS[assignment]}
    texts = {
        lesson: {cell.source.strip() for cell in notebook.cells if len(cell.source.strip()) > 40} if notebook else set()
        for lesson, notebook in released.items()
    }
    counts = Counter(itertools.chain.from_iterable(texts.values()))
    return {lesson: {text for text in own if counts[text] == 1} for lesson, own in texts.items()}


def _released(assignment: str, lesson: str) -> NotebookNode | None:
    """A released lesson, or None where it is not there."""
    path = ROOT / "notebooks" / assignment / f"{lesson}.ipynb"
    return released_notebook(str(path)) if path.is_file() else None
