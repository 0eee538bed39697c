"""Reading what was submitted, whatever it is: a file that is no notebook costs that lesson and nothing else.

nbgrader opens submitted files with an exporter; this one reads them itself. Out of a readable file it builds a new,
clean notebook that holds the student's cells and their claims to be this or that cell, and no output and no other
metadata. In place of an unreadable one it gives the released notebook, with a first cell that says what was found.
"""

import codecs
import glob
import json
import os
import re
import stat
import uuid
from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from autograder.nbgrader_plugins import KEY
from autograder.nbgrader_plugins.unusual import unusual, watch

MAX_BYTES = 64 * 2**20
MAX_DEPTH = 64
MAX_CELLS = 2000
MAX_PARTS = 1_000_000
"""Lists and objects of a file; each takes a hundred times as much memory as the two bytes it is written with."""

_CELL_ID = re.compile(r"^[a-zA-Z0-9-_]{1,64}$")
_UNFIT_NAME = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NEW_CELL = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
_BEGINNINGS = {
    b"PK\x03\x04": "a zip archive (unpack it and hand in the notebook that is in it)",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\x1f\x8b": "a compressed archive (unpack it and hand in the notebook that is in it)",
    b"<": "a web page (download the notebook itself, as .ipynb)",
}


SET_ASIDE = ".set-aside"
"""The ending of what is not copied. The configuration tells nbgrader to ignore it."""

DEPTH = 3
"""So many folders too deep a notebook may lie."""


class Unreadable(Exception):
    """A submitted file that cannot be read as a notebook. The message says what was found."""


def read_notebook(path: Path, folder: Path) -> NotebookNode:
    """The notebook at `path`, clean and in the current format. Links are followed only inside of `folder`.

    Raises Unreadable for anything else than one regular file with a Jupyter notebook in it, format 3 or 4.
    """
    return clean_notebook(_parsed(_content(path, folder)))


def holds_notebook(path: Path) -> bool:
    """Whether a file is a notebook by the ending of its name, or else by its beginning, whatever its name is."""
    if path.name.lower().endswith(".ipynb"):
        return True
    try:
        with path.open("rb") as file:
            first = file.read(100).removeprefix(codecs.BOM_UTF8).lstrip()
            return first.startswith(b"{") and path.stat().st_size <= MAX_BYTES and b'"nbformat"' in first + file.read()
    except OSError:
        return False


def stem_of(name: str) -> str:
    """A notebook's name without its ending, whatever browsers and mail programs have put behind it."""
    found = re.match(r"(.+?)\.ipynb", name, re.IGNORECASE)
    return found[1] if found else Path(name).stem


def notebooks_in(folder: Path) -> list[Path]:
    """All that may be notebooks in a student's folder, also in folders in it; links and what was set aside left out."""
    found = []
    for inside, folders, files in os.walk(folder):
        deep = len(Path(inside).relative_to(folder).parts)
        folders[:] = [
            name
            for name in sorted(folders)
            if deep < DEPTH and not name.startswith((".", "__")) and SET_ASIDE not in name
        ]
        paths = [Path(inside, name) for name in sorted(files) if not name.startswith(".") and SET_ASIDE not in name]
        found += [
            path
            for path in paths
            if stat.S_ISREG(path.lstat().st_mode) and (".ipynb" in path.name.lower() or holds_notebook(path))
        ]
    return found


def other_files(folder: Path) -> str:
    """What a folder holds, for a sentence that says what is missing in it."""
    names = sorted(name for name in os.listdir(folder) if name != "timestamp.txt") if os.path.isdir(folder) else []
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f" (there is {', '.join(repr(name) for name in names[:5])}{more})" if names else ""


def clean_text(text: str) -> str:
    """`text` without lone surrogates, which no file can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _content(path: Path, folder: Path) -> bytes:
    """The bytes of a regular file of moderate size."""
    try:
        if path.is_symlink():
            target = path.resolve(strict=True)
            if not target.is_relative_to(folder.resolve()):
                raise Unreadable("the file is a link to a place outside of the submission, which is not followed")
            path = target
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise Unreadable("there is a folder of this name instead of a file")
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("there is something of this name that is not a file")
        if status.st_size == 0:
            raise Unreadable("the file is empty")
        if status.st_size > MAX_BYTES:
            raise Unreadable(
                f"the file has {status.st_size / 2**20:,.0f} MiB, and at most {MAX_BYTES // 2**20} MiB are read"
                " (clear its outputs and save it again)"
            )
        return path.read_bytes()
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Unreadable(f"the file cannot be opened ({reason})") from error


def _parsed(content: bytes) -> dict:
    """JSON out of bytes, with what is wrong said in words."""
    for beginning, name in _BEGINNINGS.items():
        if content.lstrip().startswith(beginning):
            raise Unreadable(f"the file is not a notebook but {name}")
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))  # what PowerShell's > writes
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("the file is not a notebook: it holds binary data, not text") from error
    if not text.strip():
        raise Unreadable("the file is empty")
    if _has_too_many_parts(text):
        raise Unreadable(
            f"the file is not a notebook: it holds more than {MAX_PARTS:,} lists and objects"
            " (if it is one, clear its outputs and save it again)"
        )
    try:
        document = json.loads(text)
    except RecursionError as error:
        raise Unreadable("the file is nested too deeply to be a notebook") from error
    except json.JSONDecodeError as error:
        if text.lstrip().startswith("{") and error.pos >= len(text.rstrip()) - 5 or "Unterminated" in error.msg:
            raise Unreadable(
                f"the file is cut off: it ends in line {text.count(chr(10)) + 1}, in mid-notebook"
            ) from error
        raise Unreadable(f"the file is not a notebook: line {error.lineno} is not JSON ({error.msg})") from error
    except ValueError as error:
        raise Unreadable("the file is not a notebook: it holds a number that is too long") from error
    if not isinstance(document, dict) or "nbformat" not in document:
        raise Unreadable("the file is not a notebook: it holds JSON of another kind")
    if _depth_exceeds(document, MAX_DEPTH):
        raise Unreadable("the file is nested too deeply to be a notebook")
    return document


def _has_too_many_parts(text: str) -> bool:
    """Whether JSON holds more lists and objects than MAX_PARTS; brackets in strings, such as printed ones, do not count."""
    if text.count("[") + text.count("{") <= MAX_PARTS:
        return False
    outside = _STRING.sub("", text)
    return outside.count("[") + outside.count("{") > MAX_PARTS


def _depth_exceeds(value: object, limit: int) -> bool:
    """Whether lists and dictionaries are nested deeper than `limit`; without recursion."""
    level = [value]
    for _ in range(limit):
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


def clean_notebook(document: dict) -> NotebookNode:
    """A new notebook, in the current format, with the cells of `document` (parsed JSON of format 3 or 4)."""
    version = document["nbformat"]
    if version not in (3, 4):
        raise Unreadable(
            f"the notebook has format {version if isinstance(version, int) else 'unknown'}, and formats 3 and 4 are read"
            " (open it in Jupyter or Colab and save it again)"
        )
    if version == 3:
        try:
            document = nbformat.convert(nbformat.from_dict(document), 4)
        except Exception as error:  # the upgrade stumbles over bad input in many ways
            raise Unreadable(
                f"the notebook has the old format 3 and cannot be upgraded ({type(error).__name__})"
            ) from error
    cells = document.get("cells")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise Unreadable("the notebook has no list of cells")
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"the notebook has {len(cells):,} cells, and at most {MAX_CELLS:,} are read")
    clean = [_clean_cell(cell) for cell in cells]
    seen: set[str] = set()
    for cell in clean:
        if cell.id in seen:
            cell.id = _new_id()
        seen.add(cell.id)
    return new_notebook(cells=clean)


def _clean_cell(cell: dict) -> NotebookNode:
    """A new cell with the source, id and claimed grade_id of `cell`, and the pictures pasted into its text."""
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    kind = cell.get("cell_type")
    kind = kind if isinstance(kind, str) and kind in _NEW_CELL else "raw"
    clean = _NEW_CELL[kind](source=clean_text(source) if isinstance(source, str) else "")
    identity = cell.get("id")
    clean.id = identity if isinstance(identity, str) and _CELL_ID.match(identity) else _new_id()
    clean.metadata = NotebookNode()
    metadata = cell.get("metadata")
    claims = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    if isinstance(claims, dict) and isinstance(claims.get("grade_id"), str):
        clean.metadata["nbgrader"] = NotebookNode(grade_id=clean_text(claims["grade_id"]))
    attachments = cell.get("attachments")
    if kind == "markdown" and isinstance(attachments, dict):
        pictures = {
            clean_text(name): NotebookNode({mime: data for mime, data in bundle.items() if _is_picture(mime, data)})
            for name, bundle in attachments.items()
            if isinstance(bundle, dict)
        }
        clean["attachments"] = NotebookNode({name: bundle for name, bundle in pictures.items() if bundle})
        if not clean["attachments"]:
            del clean["attachments"]
    return clean


def _is_picture(mime: str, data: object) -> bool:
    return mime in {"image/png", "image/jpeg", "image/gif"} and isinstance(data, str) and data.isascii()


def _new_id() -> str:
    return uuid.uuid4().hex[:8]


def not_fit(folder: Path) -> str:
    """Why the folder of a student's assignment cannot be one, or ""."""
    if _UNFIT_NAME.search(folder.parent.name):
        return "the folder's name has characters that no student id can have"
    if folder.is_symlink() or folder.parent.is_symlink():
        return "the folder is a link, which is not followed"
    return ""


class ReadSubmission(NotebookExporter):
    """Reads submitted notebooks without trusting them, and leaves a reason in place of each unreadable one."""

    def __init__(self, config=None, **kwargs):
        super().__init__(config=config, **kwargs)
        self._looked_at: set[str] = set()
        watch(self.log)
        if self.parent is not None:
            self._look_at_folders()

    def from_filename(self, filename: str, resources: dict | None = None, **kwargs) -> tuple[str, ResourcesDict]:
        """As nbconvert's, for a file in a student's submission; our own files are read by nbconvert itself."""
        resources = self._init_resources(resources)
        resources[KEY] = {"release": self._release(resources), "unreadable": ""}
        if not self._is_submitted(filename, resources):
            return super().from_filename(filename, resources=resources, **kwargs)
        self._report_missing_lessons(resources)
        path = Path(filename)
        resources["metadata"]["name"], resources["metadata"]["path"] = path.stem, str(path.parent)
        try:
            notebook = read_notebook(path, path.parent)
        except Unreadable as reason:
            resources[KEY]["unreadable"] = str(reason)
            notebook = stand_in(path.name, str(reason), released_notebook(resources[KEY]["release"]))
        return self.from_notebook_node(notebook, resources=resources, **kwargs)

    def _release(self, resources: ResourcesDict) -> str:
        """Where the released notebook of this lesson lies."""
        course, ours = self.parent.coursedir, resources["nbgrader"]
        folder = course.format_path(course.release_directory, ".", ours["assignment"])
        return os.path.join(folder, ours["notebook"] + ".ipynb")

    def _look_at_folders(self) -> None:
        """Tell of every folder that is not graded, and why. One bad name would end nbgrader's run for the whole class.

        A folder with [ in its name, which nbgrader takes for a pattern, is graded like any other.
        """
        course = self.parent.coursedir
        for folder in sorted(
            glob.glob(course.format_path(course.submitted_directory, course.student_id, course.assignment_id))
        ):
            name = os.path.basename(os.path.dirname(folder))
            notebooks = glob.glob(os.path.join(glob.escape(folder), course.notebook_id + ".ipynb"))
            why = not_fit(Path(folder))
            if not notebooks and not why and os.path.isdir(folder) and notebooks_in(Path(folder)):
                # under other names: look_over, which nbgrader calls before it converts, takes them for what they are
                notebooks = [os.path.join(folder, "other-names.ipynb")]
            if why:
                name = ascii(name)
            elif notebooks or not os.path.isdir(folder):
                self.parent.assignments |= {folder: notebooks} if notebooks else {}
                continue
            else:
                why = f"no notebook was handed in{other_files(Path(folder))}"
            self.parent.assignments.pop(folder, None)
            unusual(self.log, name, course.assignment_id, f"{why}, so nothing is graded")

    def _report_missing_lessons(self, resources: ResourcesDict) -> None:
        """Say once a student which released lessons are not there. nbgrader itself gives them no points."""
        course, ours = self.parent.coursedir, resources["nbgrader"]
        if course.notebook_id != "*" or ours["student"] in self._looked_at:
            return
        self._looked_at.add(ours["student"])
        submitted = course.format_path(course.submitted_directory, ours["student"], ours["assignment"])
        for released in sorted(Path(resources[KEY]["release"]).parent.glob("*.ipynb")):
            if not os.path.lexists(os.path.join(submitted, released.name)):
                unusual(self.log, ours["student"], released.stem, f"no file {released.name} was handed in")

    def _is_submitted(self, filename: str, resources: ResourcesDict) -> bool:
        course, ours = self.parent.coursedir, resources["nbgrader"]
        folder = course.format_path(course.submitted_directory, ours["student"], ours["assignment"])
        return os.path.abspath(os.path.dirname(filename)) == os.path.abspath(folder)


def released_notebook(path: str) -> NotebookNode:
    """The released notebook at `path`. Raises FileNotFoundError, saying what to do, where there is none."""
    if not os.path.isfile(path):
        raise FileNotFoundError(
            f"The released notebook {path} is missing, and submissions are compared with it."
            " Run `nbgrader generate_assignment` for this assignment first."
        )
    return nbformat.read(path, as_version=4)


def stand_in(name: str, reason: str, release: NotebookNode) -> NotebookNode:
    """The released notebook with a first cell that says why it stands here instead of the submitted one."""
    notebook = NotebookNode(release)
    text = (
        f"## This lesson could not be read\n\n"
        f"What was handed in as `{name}` could not be opened as a notebook: {reason}.\n\n"
        f"So this lesson has no points yet. **What to do:** open your own copy in Jupyter or Colab, check that your"
        f" answers are there, save it as `{name}` and hand it in again. What follows is the lesson as it was released."
    )
    notebook.cells = [new_markdown_cell(text), *release.cells]
    return notebook
