"""Pages that show students' work: nothing in a notebook becomes markup, and nothing is fetched from elsewhere."""

import base64

import pytest
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from traitlets.config import Config

from autograder.nbgrader_plugins.feedback import OnlyTextAndPictures, markdown_to_html

PNG = base64.b64encode(b"not a picture").decode()


def page(*cells: NotebookNode) -> str:
    config = Config()
    config.HTMLExporter.preprocessors = [OnlyTextAndPictures]
    config.HTMLExporter.filters = {"markdown2html": markdown_to_html}
    config.HTMLExporter.template_name = "classic"
    html, _ = HTMLExporter(config=config).from_notebook_node(new_notebook(cells=list(cells)))
    return html[html.index("<body") :]


@pytest.mark.parametrize(
    "metadata",
    [
        {"image/png": {"width": "1 onerror=MARK"}},
        {"image/png": {"height": "1 onerror=MARK"}},
        {"width": "1 onerror=MARK"},
        {"filenames": {"image/png": "https://MARK/x.png"}},
        {"image/png": "MARK"},
        {"filenames": 5},
    ],
)
def test_what_an_output_says_of_its_picture_is_no_markup(metadata):
    output = new_output("display_data", {"image/png": PNG}, metadata=metadata)
    shown = page(new_code_cell("display(picture)", outputs=[output]))
    assert "MARK" not in shown
    assert f"data:image/png;base64,{PNG}" in shown.replace("\n", "")


def test_the_size_and_the_description_of_a_picture_are_kept():
    own = {"width": 320, "height": 200, "alt": 'a curve, "steep"'}
    shown = page(
        new_code_cell("", outputs=[new_output("display_data", {"image/png": PNG}, metadata={"image/png": own})])
    )
    assert 'width="320"' in shown and 'height="200"' in shown
    assert "a curve, " in shown and 'alt="a curve, "steep' not in shown


def test_pictures_from_elsewhere_are_links_and_lost_ones_are_no_trouble():
    cell = new_markdown_cell(
        "![far](https://example.org/p.png) ![lost](attachment:gone.png) ![empty](attachment:e.svg)"
    )
    cell.attachments = {"e.svg": {}}
    shown = page(cell)
    assert "<img" not in shown
    assert 'href="https://example.org/p.png"' in shown
    assert "lost" in shown and "empty" in shown


def test_a_picture_that_was_pasted_is_shown():
    cell = new_markdown_cell("![mine](attachment:p.png)")
    cell.attachments = {"p.png": {"image/png": PNG}}
    assert f'src="data:image/png;base64,{PNG}"' in page(cell)


def test_tags_of_cells_become_no_classes():
    assert "MARK" not in page(new_code_cell("1", metadata={"tags": ['x" onclick="MARK']}))


def test_an_output_of_which_nothing_may_be_shown_leaves_no_trace():
    shown = page(
        new_code_cell("draw()", outputs=[new_output("display_data", {"text/html": "<details>MARK</details>"})])
    )
    assert "MARK" not in shown and "output_area" not in shown


def test_colours_are_shown_and_a_flood_of_them_is_not():
    few, many = "\x1b[31mfew\x1b[0m", "\x1b[32m" * 200_000 + "many"
    outputs = [new_output("stream", text=text) for text in (few, many)]
    outputs.append(new_output("display_data", {"text/plain": many}))
    outputs.append(new_output("error", ename="E", evalue="e", traceback=[many]))
    shown = page(new_code_cell("", outputs=outputs))
    assert 'class="ansi-red-fg">few<' in shown
    assert shown.count("many") == 3 and "ansi-green-fg" not in shown and "\x1b" not in shown
