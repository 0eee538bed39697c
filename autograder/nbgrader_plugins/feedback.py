"""Pages that show students' work, feedback and nbgrader's formgrader: nothing on them that a student could make run.

Who opens such a page trusts it, and may be logged in beside it. The one idea: of a student's cells it shows text and
pictures; only the verdicts, which are ours, are HTML. What is far longer than anybody writes is cut, because what
colours code and reads Markdown takes time that grows with the square of the length.
"""

import copy
from html import escape

from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.ansi import strip_ansi
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode

from autograder.nbgrader_plugins import KEY

MAX_SOURCE = 10_000
"""Characters that are shown of one cell."""
MAX_SOURCES = 20 * MAX_SOURCE
"""Characters that are shown of all cells."""
MAX_COLOURING = 10**10
"""Characters that are copied to show all colours of the outputs, some seconds: what does so copies the text for each."""

_SHOWN = {"text/plain", "text/latex", "image/png", "image/jpeg", "image/gif"}
_CUT = "\n\n… what follows is not shown here."


def only_text_and_pictures(notebook: NotebookNode) -> NotebookNode:
    """A copy of a graded notebook, without what could run in a browser, and not too long to be shown."""
    notebook = copy.deepcopy(notebook)
    left = MAX_SOURCES
    colouring = 0
    for cell in notebook.cells:
        most = min(MAX_SOURCE, left)
        left -= min(len(cell.source), most)
        if len(cell.source) > most:
            cell.source = cell.source[:most] + _CUT
        if cell.cell_type == "raw":  # would be taken for HTML
            cell.source = f"<pre>{escape(cell.source)}</pre>"
        if KEY in cell.metadata:
            continue
        cell.metadata = NotebookNode({name: value for name, value in cell.metadata.items() if name == "nbgrader"})
        for output in cell.get("outputs", ()):
            colouring += _colouring(output)
            if colouring > MAX_COLOURING:
                _take_colours_from(output)
            if "data" in output:
                output.data = NotebookNode({mime: value for mime, value in output.data.items() if mime in _SHOWN})
            if "metadata" in output:
                output.metadata = _sizes(output.metadata)
        if "outputs" in cell:
            cell.outputs = [output for output in cell.outputs if output.get("data", True)]
    return notebook


def _colouring(output: NotebookNode) -> int:
    """How many characters are copied at most when the colours of an output are shown."""
    texts = [output.get("text"), output.get("data", {}).get("text/plain"), "\n".join(output.get("traceback", ()))]
    return sum(text.count("\x1b") * len(text) for text in texts if isinstance(text, str))


def _take_colours_from(output: NotebookNode) -> None:
    for holder, name in ((output, "text"), (output.get("data", {}), "text/plain")):
        if isinstance(holder.get(name), str):
            holder[name] = strip_ansi(holder[name])
    if "traceback" in output:
        output.traceback = [strip_ansi(line) for line in output.traceback]


def _sizes(metadata: dict) -> NotebookNode:
    """Of an output's metadata, how large its pictures are shown, and what they show. The page's templates trust the rest."""
    kept = NotebookNode()
    for mime in _SHOWN:
        own = metadata.get(mime)
        if isinstance(own, dict):
            sizes = {name: own.get(name) for name in ("width", "height")}
            kept[mime] = NotebookNode({name: size for name, size in sizes.items() if type(size) is int})
            if isinstance(own.get("alt"), str):
                kept[mime].alt = own["alt"]
    return kept


class OnlyTextAndPictures(Preprocessor):
    """only_text_and_pictures as a step of nbconvert's, for every page that shows students' work."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        return only_text_and_pictures(nb), resources


class _OwnPictures(IPythonRenderer):
    """Shows pictures that are in the notebook. What lies elsewhere is a link: nobody is to learn who reads the page."""

    def image(self, text: str, url: str, title: str | None = None) -> str:
        attached = self.attachments.get(url.removeprefix("attachment:")) if url.startswith("attachment:") else None
        if attached or url.startswith("data:image/"):
            return super().image(text, url, title)
        return self.link(text or escape(url), url, title)


@pass_context
def markdown_to_html(context: Context, source: str) -> str:
    """As nbconvert's filter markdown2html, but HTML in Markdown is shown and not obeyed."""
    attachments = context.get("cell", {}).get("attachments", {})
    renderer = _OwnPictures(escape=True, allow_harmful_protocols=False, attachments=attachments)
    return MarkdownWithMath(renderer=renderer).render(source)


class FeedbackPage(HTMLExporter):
    """nbconvert's HTML, under a name of its own: so the configuration can give feedback alone a template of ours.

    The template, templates/course_feedback, is nbgrader's page and a few lines of style around it.
    """
