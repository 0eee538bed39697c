"""Reaching Python from another user's process where it lies in a folder that only its owner may enter, such as root's home.

The one idea: a folder that is open can be entered through /proc/self/fd, whatever lies above it. So where Python looks for
its library from now on is an open file. Programs that a kernel starts do not inherit it; Python in them does not start.
"""

import os
import stat
import sys


def open_to_others(path: str) -> bool:
    """Whether any user may enter `path` and read what is in there."""
    while path != "/":
        mode = os.stat(path).st_mode
        if not mode & stat.S_IXOTH:
            return False
        path = os.path.dirname(path)
    return True


def closed(paths: tuple[str, ...]) -> list[str]:
    """Those of `paths` that others may not read, and that do not belong to what can be reached all the same."""
    python = os.path.realpath(sys.base_prefix)
    return [
        path
        for path in map(os.path.realpath, paths)
        if not open_to_others(path) and not (path + "/").startswith(python + "/")
    ]


def import_through_an_open_folder() -> tuple[str, int] | None:
    """Where Python's own folder is closed to others, look for modules through an open file from now on.

    Returns the folder's other name and the file's number; None where nothing had to be done.
    """
    real = os.path.realpath(sys.base_prefix)
    if open_to_others(real):
        return None
    number = os.open(real, os.O_PATH | os.O_DIRECTORY)
    other = f"/proc/self/fd/{number}"

    def renamed(path: str) -> str:
        for prefix in {real, sys.base_prefix}:
            if isinstance(path, str) and (path + "/").startswith(prefix + "/"):
                return other + path[len(prefix) :]
        return path

    sys.path[:] = map(renamed, sys.path)
    for module in list(sys.modules.values()):
        if isinstance(folders := getattr(module, "__path__", None), list):
            folders[:] = map(renamed, folders)
    sys.path_importer_cache.clear()
    return other, number
