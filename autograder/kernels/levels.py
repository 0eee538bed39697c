"""How well students' code can be locked in: four levels, from nothing at all to a world of its own.

The one idea: the best level that a system permits is found by locking a process in, never by asking what should work. Every
level that does not work keeps its reason, for the person who wants the next one up.
"""

from dataclasses import dataclass

LEVELS = ("none", "uid", "landlock", "namespaces")
"""From the weakest to the strongest."""

IN_WORDS = {
    "namespaces": "locked in by namespaces: no file, process or network but its own is there for students' code",
    "landlock": "locked in by Landlock: no files, no network; other processes can be seen",
    "uid": "locked in by another user id: students' code reads what any user of this machine can read",
    "none": "NOT locked in: students' code can do here whatever you can",
}
"""One line a level, as it is printed and stands in reports."""


@dataclass(frozen=True)
class Found:
    """The best level here, and for each better one why not: the subject and verb of a sentence."""

    level: str
    lacks: dict[str, str]

    def suffices(self, demanded: str) -> bool:
        return LEVELS.index(self.level) >= LEVELS.index(demanded)

    def why_not(self, demanded: str) -> str:
        """Why the level `demanded`, or one above it, cannot be had: of those, the reason of the lowest."""
        return next(self.lacks[level] for level in LEVELS[LEVELS.index(demanded) :] if level in self.lacks)
