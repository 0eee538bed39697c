"""What an instructor should know of a grading run: said as warnings, summed up at the end, told by the exit status.

Everybody is graded whatever happens, so nbgrader itself ends with 0. nbgrader has no setting for the exit status, but
Python runs `atexit` functions last of all, and there `nbgrader autograde` is left with a status of its own:

    0  everything was as usual
    1  nbgrader gave up on somebody, or on everything (its own status, never changed)
    3  everybody is graded, and the warnings name something that deserves a look
"""

import atexit
import logging
import os
import sys

from traitlets.config import Application

STATUS = 3

_seen: list[str] = []
_disturbed: list[str] = []
_gave_up: list[str] = []


def printable(text: str) -> str:
    """Without what, in a student's words, could clear an instructor's terminal, or begin a line that looks like ours."""
    return "".join(letter if letter.isprintable() else "·" for letter in text)


def unusual(log: logging.Logger, student: str, lesson: str, what: str) -> None:
    """Warn that `what` happened with one student's lesson, and remember it for the end of the run."""
    text = printable(f"{student}, {lesson}: {what}")
    log.warning("%s", text)
    _seen.append(text)


def disturbed(log: logging.Logger, student: str, lesson: str, what: str) -> None:
    """Warn that one student's lesson may have come out as it did because of what else went on on this machine."""
    unusual(log, student, lesson, what)
    _disturbed.append(student)


def disturbances() -> int:
    """How often something was disturbed in this process so far."""
    return len(_disturbed)


def seen() -> tuple[str, ...]:
    """All that was unusual in this process so far."""
    return tuple(_seen)


class GivingUp(logging.Handler):
    """Notices that nbgrader gives up on a submission: its converters log an error just there."""

    def __init__(self):
        super().__init__(level=logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        if os.path.join("nbgrader", "converters") in record.pathname:
            _gave_up.append(record.getMessage())


def watch(log: logging.Logger) -> None:
    """Listen on `log` for submissions that nbgrader gives up on."""
    if not any(isinstance(handler, GivingUp) for handler in log.handlers):
        log.addHandler(GivingUp())


def exit_status() -> int | None:
    """The status to leave `nbgrader autograde` with, or None where the process's own is to stand."""
    return STATUS if _seen and not _gave_up else None


def _at_exit() -> None:
    app = Application.instance() if Application.initialized() else None
    # Only for the command: a Jupyter server with the formgrader reads the same configuration, and tests do.
    if type(app).__name__ != "AutogradeApp" or exit_status() is None:
        return
    app.log.warning("Everybody is graded. %d unusual thing(s), exit status %d:", len(_seen), STATUS)
    for text in _seen:
        app.log.warning("  %s", text)
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(STATUS)  # the one way to choose a status this late; every other atexit function has run by now


def tell_by_exit_status() -> None:
    """From now on let the exit status of `nbgrader autograde` tell whether anything was unusual.

    To be called from the configuration file, which nbgrader reads before it opens databases or starts kernels: atexit
    functions run in reverse order, so this one runs after theirs.
    """
    atexit.unregister(_at_exit)
    atexit.register(_at_exit)
