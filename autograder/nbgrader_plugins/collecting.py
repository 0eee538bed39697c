"""Collecting downloads of Canvas, of Moodle and plain zips: `nbgrader zip_collect` unpacks with the one class, reads with
the other.

A zip that a student made may hold any name at all. So the one idea: who handed something in is read from the outermost
name that tells, which the learning platform or the instructor wrote, never from what lies further inside; and nothing is
written outside the folder for unpacking.
"""

import contextlib
import errno
import math
import os
import re
import shutil
import stat
import time
import unicodedata
import zipfile
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from nbgrader.plugins import ExtractorPlugin, FileNameCollectorPlugin
from nbgrader.utils import find_all_notebooks, parse_utc
from traitlets import Bool, Int

from autograder.nbgrader_plugins.reading import holds_notebook, stem_of
from autograder.rubric import LESSONS

DEPTH = 5
"""Zips in zips in zips … are unpacked this far."""
BLOCK = 4096
"""What even an empty file takes on a disk, in bytes."""

CANVAS = re.compile(
    r"(?:(?P<name>.+?)_)??(?P<late>LATE_)?"
    r"(?P<student>[1-9]\d*|anon_[0-9A-Za-z]+)_(?P<attachment>[1-9]\d*)_(?P<rest>.+)"
)
"""doejane_LATE_12345_67890_01_plain_baseline-1.ipynb: name, late or not, user, attachment, file and -N where it is new."""
MOODLE = re.compile(r"(?P<name>.+)_(?P<student>\d+)_assignsubmission_[a-z]+_?(?P<rest>(?!.*_assignsubmission_).*)")
"""Jane Doe_1234567_assignsubmission_file_: a folder, or the beginning of a file's name.

Students write their names, and those of their files: of a folder, the last number counts; of a file, there is but one.
"""
DATE = re.compile(r"(?:19|20)\d\d_\d\d?_\d\d?")
COPY = r"(?:[ _+]?\(\d+\)|-Copy\d+)*"
"""What browsers and Jupyter add to a name that is taken."""
NEUTRAL = {"archive", "assignments", "downloads", "notebooks", "solutions", "students", "submissions", "submitted"}
"""Folders that are nobody's name."""


class UnpackDownloads(ExtractorPlugin):
    """Unpacks zips, also in zips, into folders that bear the zip's full name. What is left out is said in a warning."""

    largest = Int(
        200 * 2**20, help="Bytes that one file, or one zip inside another with all it holds, may unpack to."
    ).tag(config=True)

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Unpack and copy all of `archive_path`; the files keep their times."""
        for path in sorted(Path(archive_path).rglob("*")):
            inside = path.relative_to(archive_path)
            if not path.is_file() or path.is_symlink() or _is_clutter(inside.parts):
                continue
            target = Path(extracted_path) / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix.lower() != ".zip" or not self._unpack(path, target, math.inf, 1):
                shutil.copy2(path, target)

    def _unpack(self, source: Path, folder: Path, left: float, depth: int) -> float:
        """Unpack one zip into a new folder, at most `left` bytes. Returns the bytes used; 0 where it is no zip."""
        try:
            opened = zipfile.ZipFile(source)
        except Exception as error:  # of many kinds, where it is damaged
            self.log.warning("%s cannot be unpacked: %s", folder, error)
            return 0
        folder.mkdir()
        used = BLOCK
        with opened:
            for member in opened.infolist():
                name = _name(member)
                if name.endswith("/") or _is_clutter(PurePosixPath(name).parts):
                    continue
                if reason := self._refused(member, name, left - used):
                    self.log.warning("Left out of %s: %r, because %s", folder, name, reason)
                    continue
                try:
                    used += self._write(opened, member, folder / name, left - used, depth)
                except Exception as error:  # zipfile raises all kinds where a zip is damaged
                    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO):
                        raise  # of the disk that is written to, and so nobody's fault
                    reason = f"{type(error).__name__}: {error}"
                    self.log.warning("Left out of %s: %r, because it cannot be read: %s", folder, name, reason)
        return used

    def _refused(self, member: zipfile.ZipInfo, name: str, left: float) -> str:
        if not name:
            return "it has no name"
        if name.startswith("/") or re.match("[A-Za-z]:", name) or ".." in name.split("/"):
            return "it would lie outside the folder for unpacking"
        if stat.S_ISLNK(member.external_attr >> 16):
            return "it is a link"
        if member.file_size > min(self.largest, left):  # zipfile never unpacks more than it announces
            return "too much would be unpacked (c.UnpackDownloads.largest)"
        return ""

    def _write(self, opened: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left: float, depth: int) -> float:
        """Write one member; one that is a zip is unpacked in its place. Returns the bytes used."""
        is_zip = target.suffix.lower() == ".zip" and depth < DEPTH
        written = target.with_name(target.name + ".packed") if is_zip else target
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            self.log.warning("%s is in the zip more than once; the last one counts", target)
        try:
            with opened.open(member) as source, written.open("wb") as file:
                shutil.copyfileobj(source, file)
        except Exception:
            written.unlink(missing_ok=True)
            raise
        used = member.file_size + BLOCK
        if is_zip:
            inner = self._unpack(written, target, min(self.largest, left) - used, depth + 1)
            if inner:
                written.unlink()
                return used + inner
            written.rename(target)
        _keep_time(target, member)
        return used


def _keep_time(path: Path, member: zipfile.ZipInfo) -> None:
    moment = time.mktime((*member.date_time, 0, 0, -1))
    os.utime(path, (moment, moment))


def _name(member: zipfile.ZipInfo) -> str:
    """A member's name with / between folders. macOS writes UTF-8 without saying so; zipfile then takes it for cp437."""
    name = member.filename
    if not member.flag_bits & 0x800:
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")


def _is_clutter(parts: tuple[str, ...]) -> bool:
    """What systems and Jupyter leave in folders, and nobody hands in."""
    folders = {"__MACOSX", ".ipynb_checkpoints", ".DS_Store", "Thumbs.db", "desktop.ini"}
    return any(part in folders or part.startswith("._") for part in parts)


@dataclass(frozen=True)
class Found:
    """A notebook whose owner is known.

    lesson: what it is taken for, or its own name. exact: whether it bears that name. upload: what was handed in at
    once. moment: UTC, where a name or timestamp.txt tells it. order: of two, the greater is newer.
    """

    path: Path
    student: str
    lesson: str
    own_name: str
    exact: bool
    upload: Path
    moment: str
    order: tuple
    late: bool = False


class ReadNames(FileNameCollectorPlugin):
    """Tells whose each unpacked file is and which lesson; of several versions, nbgrader is given the newest alone.

    nbgrader itself compares a file with the newest of all that the student handed in, so it would drop a new lesson 01
    that is older than lesson 02.
    """

    zip_is_student = Bool(
        False, help="Whether each zip in the archive folder is one student's and bears the student's name."
    ).tag(config=True)
    file_times = Bool(
        False, help="Whether the time of a file counts as time of submission where no name tells it."
    ).tag(config=True)

    def collect(self, submitted_file: str) -> dict | None:
        """nbgrader's question about one file. None, after a warning that says why, where it is not collected."""
        if not hasattr(self, "_answers"):
            self._answers = self._read()
        answer = self._answers[Path(submitted_file)]
        if isinstance(answer, str):
            self.log.warning("Not collected: %s", answer)
            return None
        return answer

    def _read(self) -> dict[Path, dict | str]:
        """For every unpacked file what is to be collected, or why it is not."""
        app, course = self.parent, self.parent.coursedir
        self._assignment = course.assignment_id
        released = find_all_notebooks(course.format_path(course.release_directory, ".", self._assignment))
        lessons = [Path(name).stem for name in released] or list(LESSONS.get(self._assignment, {}))
        known = "|".join(map(re.escape, lessons)) or "(?!)"
        self._name = re.compile(
            rf"(?P<before>.*?)(?P<colab>Copy of )?(?P<lesson>{known})(?P<copy>{COPY})(?:-(?P<count>\d+))?", re.S
        )
        folder = app.collect_directory_structure.format(
            downloaded=app.downloaded_directory, assignment_id=self._assignment, collect_step=app.extracted_directory
        )
        root = Path(course.root) / folder
        paths = sorted(path for path in root.rglob("*") if path.is_file())
        owners = self._owners([path.relative_to(root) for path in paths if holds_notebook(path)])
        answers: dict[Path, dict | str] = {}
        found = []
        for path in paths:
            inside = path.relative_to(root)
            one = self._found(path, inside, owners[inside]) if inside in owners else "it is no notebook"
            if isinstance(one, str):
                answers[path] = one
            else:
                found.append(one)
        answers.update(self._newest(self._copies(found)))
        return answers

    # -------------------------------------------------------------------------------------------- whose it is

    def _folders(self, folder: Path) -> list[str]:
        """The names in a folder's path that could be a student's: not the zip in the archive folder itself."""
        download = folder.parts[:1] if folder.parts and _is_zip(folder.parts[0]) else ()
        neutral = {*NEUTRAL, self._assignment, *map(_stem, download)}
        return [_stem(name) for name in folder.parts[len(download) :] if _stem(name) not in neutral]

    def _owners(self, paths: list[Path]) -> dict[Path, re.Match | str]:
        """Whose each notebook is: the match with a name by Canvas or Moodle, or a name as written, or "" for nobody."""
        downloads = defaultdict(list)
        for path in paths:
            downloads[path.parts[0] if _is_zip(path.parts[0]) else ""].append(path)
        owners: dict[Path, re.Match | str] = {}
        for download, inside in downloads.items():
            given = {path: _platform(path) for path in inside}
            plain = [path for path in inside if given[path] is None]
            # a student's folder may hold names that only look like those of a platform
            doubtful = [path for path in inside if given[path] and plain and self._folders(given[path][1].parent)]
            owners |= self._owners_of_plain(download, [*plain, *doubtful])
            whole = bool(download) and (self.zip_is_student or any(owners[path] == _stem(download) for path in plain))
            for path in inside:
                if path not in owners:
                    match, place = given[path]
                    owners[path] = _stem(download) if whole and place != Path(download) else match
        return owners

    def _owners_of_plain(self, download: str, inside: list[Path]) -> dict[Path, str]:
        folders = {path: self._folders(path.parent) for path in inside}
        named = {path: self._name.fullmatch(stem_of(path.name)) for path in inside}
        lessons = [names for path, names in folders.items() if named[path]]
        # folders around the students' folders: the same for every lesson, with several others inside
        while lessons and all(len(names) > 1 for names in lessons) and len({names[0] for names in lessons}) == 1:
            if len({names[1] for names in lessons}) == 1:
                break
            lessons = [names[1:] for names in lessons]
            folders = {path: names[1:] for path, names in folders.items()}
        at_root = any(named[path] and not names and not named[path]["before"] for path, names in folders.items())
        if download and at_root and not self.zip_is_student and len({names[0] for names in lessons if names}) > 1:
            self.log.warning(
                "%s holds lessons, and several folders with lessons. If it is one student's, set"
                " c.ReadNames.zip_is_student; if it is a class's, take out the lessons that lie in no folder",
                download,
            )
            return dict.fromkeys(inside, "")
        if download and (self.zip_is_student or at_root):
            return dict.fromkeys(inside, _stem(download))
        before = {path: named[path]["before"] if named[path] else "" for path in inside}
        return {path: names[0] if names else before[path] for path, names in folders.items()}

    def _found(self, path: Path, inside: Path, owner: re.Match | str) -> Found | str:
        """What is known of one unpacked notebook, or why it cannot be collected."""
        own_name, moment, attachment, late, canvas = stem_of(path.name), "", 0, False, False
        if isinstance(owner, str):
            student, moment = self._student(owner)
            if not student:
                return "neither a folder nor the name says whose it is"
            if not moment and not any(map(_is_zip, inside.parts[1:-1])) and owner in self._folders(inside.parent):
                moment = _time_beside(path)
        else:
            student, known = owner["student"], owner.groupdict()
            attachment, late = int(known.get("attachment") or 0), bool(known.get("late"))
            if owner.string == path.name:  # not a folder, nor a zip
                own_name, canvas = stem_of(owner["rest"]), bool(attachment)
        named = self._name.fullmatch(own_name)
        lesson, exact, count = own_name, True, 0
        if named:
            lesson, count = named["lesson"], int(named["count"] or 0)
            foreign = named["before"] if named["before"] != owner else ""
            exact = not (foreign or named["colab"] or named["copy"] or (named["count"] and not canvas))
        order = (moment, attachment, count, path.stat().st_mtime)
        return Found(path, student, lesson, own_name, exact, path.parent, moment, order, late)

    def _student(self, name: str) -> tuple[str, str]:
        """A student's id, fit for a folder's name, and the time that stands behind it, if any."""
        name = unicodedata.normalize("NFC", name)
        marked = re.search(
            rf"[ _+-]*(?:attempt|{re.escape(self._assignment)})?[ _+-]*"
            r"(\d{4}-\d\d-\d\d)[ T_-](\d\d)[-:.](\d\d)[-:.](\d\d)",
            name,
        )
        moment = "{} {}:{}:{}".format(*marked.groups()) if marked else ""
        if moment and _is_time(moment):
            name = name[: marked.start()]
        else:
            moment = ""
        name = re.sub(r"[\x00-\x1f/\\\[\]*?{}]", "_", name).strip(" _-")  # nbgrader looks for folders by patterns
        return ("" if name.startswith(".") else name), moment

    # -------------------------------------------------------------------------------------------- which one counts

    def _copies(self, found: list[Found]) -> list[Found]:
        """A copy, such as "01_plain_baseline (1)", is the lesson where nothing else in the same upload could be."""
        same = defaultdict(list)
        for one in found:
            same[one.upload, one.student, one.lesson].append(one)
        settled = []
        for group in same.values():
            exact = [one for one in group if one.exact]
            others = [one for one in group if not one.exact]
            settled += exact
            if not exact and len(others) == 1:
                settled += others
                continue
            for one in others:
                self.log.warning(
                    "%s: %s keeps its name, for there are others that could be %s",
                    one.student,
                    one.path.name,
                    one.lesson,
                )
                settled.append(replace(one, lesson=one.own_name))
        return settled

    def _newest(self, found: list[Found]) -> dict[Path, dict | str]:
        versions = defaultdict(list)
        for one in found:
            versions[one.student, one.lesson].append(one)
        answers: dict[Path, dict | str] = {}
        for group in versions.values():
            *older, newest = sorted(group, key=lambda one: one.order)
            for one in older:
                answers[one.path] = f"{newest.path} is newer"
                if one.order == newest.order and one.path.read_bytes() != newest.path.read_bytes():
                    self.log.warning("Nothing tells which is newer: %s, or %s, which was taken", one.path, newest.path)
            moment = newest.moment
            if not moment and self.file_times:
                moment = f"{datetime.fromtimestamp(newest.path.stat().st_mtime, UTC):%Y-%m-%d %H:%M:%S}"
            answer = {"student_id": newest.student, "file_id": f"{newest.lesson}.ipynb"}
            answers[newest.path] = {**answer, "timestamp": moment} if moment else answer
            late = " (late, says Canvas)" if newest.late else ""
            self.log.info("%s: %s%s", newest.student, newest.lesson, late)
        return answers


def _stem(name: str) -> str:
    """A folder's name; of a zip's, without the ending and without what browsers add."""
    return re.sub(rf"{COPY}\.zip$", "", name, flags=re.I)


def _is_zip(name: str) -> bool:
    return name.lower().endswith(".zip")


def _platform(path: Path) -> tuple[re.Match, Path] | None:
    """The outermost name in a path that Canvas or Moodle gave, and the path up to it."""
    for place, name in enumerate(path.parts):
        if place == 0 and _is_zip(name) and DATE.search(name):
            continue  # resnet_2026_11_22_all.zip is a download
        match = MOODLE.fullmatch(name)
        if match and match["rest"] and "_assignsubmission_" in match["name"]:
            return None  # whose it is, only a person can tell
        if match := match or CANVAS.fullmatch(name):
            return match, Path(*path.parts[: place + 1])
    return None


def _is_time(text: str) -> bool:
    try:
        return parse_utc(text) is not None
    except (ValueError, OverflowError):
        return False


def _time_beside(path: Path) -> str:
    """What timestamp.txt says, nbgrader's own file beside a submission; "" where there is none that can be read."""
    try:
        text = path.with_name("timestamp.txt").read_text(encoding="utf-8").strip()
        return f"{parse_utc(text):%Y-%m-%d %H:%M:%S}" if text else ""
    except (OSError, ValueError, OverflowError):
        return ""
