"""A look at a student's folder before nbgrader copies it: what cannot be copied safely is set aside, renamed.

nbgrader follows links when it copies a submission, fails the whole student over a broken one, and takes a notebook for
missing that Colab has called "Copy of …". The one idea: everything stays in the student's folder; only names change.
"""

import logging
import os
import secrets
import shutil
import stat
from pathlib import Path

import nbformat
from nbgrader.utils import parse_utc
from traitlets.log import get_logger

from autograder import ROOT
from autograder.nbgrader_plugins.reading import Unreadable, read_notebook
from autograder.nbgrader_plugins.unusual import unusual
from autograder.rubric import LESSONS

ASIDE = ".set-aside"
"""The ending of what is not copied. The configuration tells nbgrader to ignore it."""

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
    _set_aside(folder, name, log)
    for original, path in _adopt(folder, assignment):
        unusual(
            log, name, path.stem, f"no {path.name} was handed in; {original.name!r} is that lesson and was taken for it"
        )
        notebooks.append(os.path.join(os.path.dirname(notebooks[0]), path.name))


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


def _everything(folder: Path) -> list[Path]:
    """All that is in a folder; links are not followed. What lies too deep for a path to name it cannot be copied, either."""
    found = []
    for inside, folders, files in os.walk(folder):
        found += [Path(inside, name) for name in (*folders, *files)]
    return sorted(found)


def _set_aside(folder: Path, student: str, log: logging.Logger) -> None:
    """Rename links, special files and a time stamp that nbgrader cannot read. Notebooks are read with more care later."""
    for path in _everything(folder):
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
    """Copy each renamed lesson to its right name, where there is exactly one file that is that lesson."""
    lessons = LESSONS.get(assignment, {})
    strangers = [path for path in sorted(folder.glob("*.ipynb")) if path.stem not in lessons and not path.is_symlink()]
    missing = [lesson for lesson in lessons if not os.path.lexists(folder / f"{lesson}.ipynb")]
    recognised: dict[str, list[Path]] = {}
    for path in strangers if missing else []:
        recognised.setdefault(lesson_of(path, assignment) or "", []).append(path)
    adopted = []
    for lesson in missing:
        if len(found := recognised.get(lesson, [])) == 1:
            shutil.copyfile(found[0], folder / f"{lesson}.ipynb")
            adopted.append((found[0], folder / f"{lesson}.ipynb"))
    return adopted


def lesson_of(path: Path, assignment: str) -> str | None:
    """The lesson that a notebook is, by the cells that it claims to have or, where all claims were dropped, by its text.

    None where it cannot be read, or could be several lessons or none.
    """
    try:
        notebook = read_notebook(path, path.parent)
    except Unreadable:
        return None
    claimed = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells}
    sources = {cell.source.strip() for cell in notebook.cells if len(cell.source.strip()) > 40}
    hits = {}
    for lesson, cells in LESSONS[assignment].items():
        hits[lesson] = sum(cell.grade_id in claimed for cell in cells)
    if not any(hits.values()):
        for lesson in hits:
            hits[lesson] = len(sources & _released_sources(assignment, lesson))
    best = max(hits.values(), default=0)
    winners = [lesson for lesson, count in hits.items() if count == best]
    return winners[0] if best and len(winners) == 1 else None


def _released_sources(assignment: str, lesson: str) -> set[str]:
    """The longer texts of a released lesson's cells; none where it is not there."""
    path = ROOT / "notebooks" / assignment / f"{lesson}.ipynb"
    if not path.is_file():
        return set()
    return {cell.source.strip() for cell in nbformat.read(path, as_version=4).cells if len(cell.source.strip()) > 40}
