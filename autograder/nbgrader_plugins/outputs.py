"""A cell's outputs: made here in words, counted, and kept only as far as a notebook file can hold them.

What a kernel sends can be malformed in any way, on purpose, too.
"""

import json
from contextlib import suppress

from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbformat.v4.nbbase import validate


def error_output(name: str, text: str) -> NotebookNode:
    return new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"])


def text_output(text: str) -> NotebookNode:
    return new_output("stream", name="stdout", text=text)


def size_of(value: object) -> int:
    """About how many bytes a message's content takes in a notebook's file; without recursion."""
    total, rest = 0, [value]
    while rest:
        item = rest.pop()
        if isinstance(item, str):
            total += len(json.dumps(item, ensure_ascii=False).encode("utf-8", "replace"))
        elif isinstance(item, dict):
            rest.extend(item.values())
            rest.extend(item.keys())
        elif isinstance(item, (list, tuple)):
            rest.extend(item)
        else:
            total += 8
    return total


def make_writable(cell: NotebookNode) -> None:
    """Keep of a cell's outputs those that a notebook file can hold, as text that can be written."""
    fit = []
    for output in cell.outputs:
        with suppress(Exception):  # a message can be malformed in any way: then it is no output
            clean = writable(output)
            validate(clean, clean.output_type)
            fit.append(clean)
    cell.outputs = fit
    if type(cell.execution_count) is not int or cell.execution_count < 0:
        cell.execution_count = None


def writable(value: object) -> object:
    """The value without text or numbers that no file can hold."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return NotebookNode({writable(str(key)): writable(inner) for key, inner in value.items()})
    if isinstance(value, (list, tuple)):
        return [writable(inner) for inner in value]
    if isinstance(value, float) and not abs(value) < float("inf"):
        return str(value)
    return value
