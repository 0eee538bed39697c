"""A compiled module that a full disk has cut short is compiled anew, instead of stopping every run from then on.

Python keeps what it has compiled beside a module, and many versions do not notice when the disk takes only part of it:
whoever imports that module afterwards ends with "marshal data too short". The module's source is all that is needed.
"""

import contextlib
import importlib.util
import os
from importlib.machinery import SourceFileLoader

_as_python_does = SourceFileLoader.get_code


def compile_anew_where_cut_short() -> None:
    """From now on, in this process and its forks."""
    SourceFileLoader.get_code = _code


def _code(loader: SourceFileLoader, name: str):
    """The module's code. Raises what Python raises where its source is at fault."""
    try:
        return _as_python_does(loader, name)
    except (EOFError, ValueError, TypeError):  # what marshal says of half a file, and of one with holes
        path = loader.get_filename(name)
        with contextlib.suppress(OSError):
            os.unlink(importlib.util.cache_from_source(path))  # the next import writes it whole
        return loader.source_to_code(loader.get_data(path), path)
