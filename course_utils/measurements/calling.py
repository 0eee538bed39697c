"""What a student's code gave or raised, as plain data for a report: used by every measurement."""

import inspect
import linecache
import sys
import traceback
from collections.abc import Callable

import numpy as np

MAX_TEXT = 400


def text(value: object) -> str:
    """A short text of anything, even of an object whose own text cannot be made."""
    try:
        return str(value)[:MAX_TEXT]
    except Exception as error:
        return f"<no text: {type(error).__name__}>"


def error_of(error: BaseException, where: str) -> dict:
    """What a student's code raised: type, message, and the student's own line that it came from."""
    line = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if "site-packages" not in frame.filename and not frame.filename.startswith(sys.prefix):
            source = frame.line or linecache.getline(frame.filename, frame.lineno or 0)
            if "course_utils" not in frame.filename and source:
                line = source.strip()
    return {"where": where, "type": type(error).__name__, "message": text(error), "line": line[:MAX_TEXT]}


def kind_of(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"


def made(make: Callable, *values: object, names: tuple[str, ...]) -> object:
    """`make` called with `values`: by position, or, where it does not take them so, by their `names`."""
    try:
        inspect.signature(make).bind(*values)
    except TypeError:
        return make(**dict(zip(names, values, strict=True)))
    except ValueError:  # it has no signature
        pass
    return make(*values)


def numbers_of(function: object, arguments: list[tuple]) -> tuple[np.ndarray, list]:
    """`function` called with each of `arguments`: float64 results (NaN where there was none), and what went wrong."""
    values, errors = [], []
    for given in arguments:
        value, problem = float("nan"), None
        try:
            result = function(*given)
            if isinstance(result, (str, bytes, bool)) or result is None:
                raise TypeError(f"the function returned {kind_of(result)}; expected a number")
            if isinstance(result, np.ndarray) and result.size == 1:  # float() takes none with dimensions
                result = result.item()
            value = float(result)
        except (Exception, SystemExit) as error:
            problem = error_of(error, "call")
        values.append(value)
        errors.append(problem)
    return np.array(values, dtype=np.float64), errors
