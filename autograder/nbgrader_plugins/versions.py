"""Two worked-on versions of one lesson in a folder: the one that bears the lesson's name counts, and it is said.

Browsers and Jupyter make a second file of every download and every copy, and a student may have gone on in either. Which
one was meant, no name tells.
"""

from pathlib import Path

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.nbgrader_plugins import KEY
from autograder.nbgrader_plugins.look_over import lesson_of, untouched
from autograder.nbgrader_plugins.reading import Unreadable, notebooks_in, read_notebook
from autograder.nbgrader_plugins.unusual import unusual


def other_versions(path: Path, assignment: str) -> list[Path]:
    """The other files of a folder that hold the same lesson as `path`, worked on, and not in the same way."""
    found = [one for one in notebooks_in(path.parent) if one != path]
    found = [one for one in found if lesson_of(one, assignment) == path.stem and not untouched(one, assignment)]
    return [one for one in found if _cells(one) != _cells(path)]


def _cells(path: Path) -> list[str] | None:
    try:
        return [cell.source.strip() for cell in read_notebook(path, path.parent).cells if cell.source.strip()]
    except Unreadable:
        return None


class SayWhichVersionCounts(NbGraderPreprocessor):
    """Notes for student and instructor which of several versions of a lesson is graded. Comes after RestoreCells."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        ours = resources["nbgrader"]
        path = Path(resources["metadata"]["path"], f"{ours['notebook']}.ipynb")
        others = [str(one.relative_to(path.parent)) for one in other_versions(path, ours["assignment"])]
        if others:
            names = ", ".join(repr(name) for name in others[:3]) + (
                f" and {len(others) - 3} more" if others[3:] else ""
            )
            said = f"{len(others) + 1} versions of this lesson were worked on: {path.name} counts, and not {names}."
            unusual(self.log, ours["student"], ours["notebook"], said)
            said += " If that is the wrong one, hand in the right one alone, and tell your instructor."
            notes = nb.metadata[KEY]["notes"]
            for cell in nb.cells:
                if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade"):
                    notes.setdefault(cell.metadata.nbgrader["grade_id"], []).append(said)
        return nb, resources
