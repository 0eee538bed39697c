"""Folders as bytes: what travels between the coordinator and its workers, and how two of them are told apart."""

import hashlib
import os
import stat
from fnmatch import fnmatch
from pathlib import Path

from autograder.nbgrader_plugins.reading import MAX_BYTES

File, Link, Folder, TooLarge, Pipe = "file", "link", "folder", "too-large", "pipe"
Entry = tuple[str, bytes]
"""What there is at a path: a kind, and a file's content, a link's target, or the size of a file too large to travel."""
Files = dict[str, Entry]
"""A folder's content, by path."""


def pack(folder: Path, ignore: list[str] = ()) -> Files:
    """Everything in `folder` but what has a name in `ignore` (patterns). Raises OSError where it cannot be read."""
    found: Files = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if not any(fnmatch(part, pattern) for part in inside.parts for pattern in ignore):
            found[str(inside)] = _entry(path, folder)
    return found


def _entry(path: Path, folder: Path) -> Entry:
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        target = Path(os.path.realpath(path))  # of a link to itself, too
        if target.is_relative_to(folder.resolve()):  # written so that it holds wherever the folder lies
            return Link, os.fsencode(os.path.relpath(target, path.parent.resolve()))
        return Link, os.fsencode(os.readlink(path))
    if stat.S_ISREG(status.st_mode):
        if status.st_size > MAX_BYTES:
            return TooLarge, str(status.st_size).encode()
        return File, path.read_bytes()
    return (
        Folder if stat.S_ISDIR(status.st_mode) else Pipe
    ), b""  # or a socket or device, as little a file as a pipe is


def unpack(files: Files, folder: Path) -> None:
    """Write `files` into `folder`. Raises OSError."""
    for name, (kind, content) in files.items():
        path = folder / name
        if kind == Folder:
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind == Link:
            os.symlink(os.fsdecode(content), path)
        elif kind == Pipe:
            os.mkfifo(path)
        elif kind == TooLarge:
            with path.open("wb") as file:
                file.truncate(int(content))  # it takes no room, and is refused for its size all the same
        else:
            path.write_bytes(content)


def digest(files: Files) -> str:
    """A fingerprint: equal for equal folders, different for different ones."""
    found = hashlib.sha256()
    for name, (kind, content) in sorted(files.items()):
        for part in (os.fsencode(name), kind.encode(), content):
            found.update(len(part).to_bytes(8, "big") + part)
    return found.hexdigest()
