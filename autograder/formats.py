"""The formats in which grades are returned."""

from enum import StrEnum


class Format(StrEnum):
    """For whom the grades are written."""

    NBGRADER = "nbgrader"
    CANVAS = "canvas"
    MOODLE = "moodle"
