"""A class that was cut in two: its __init__ in one cell, its forward in another.

Jupyter splits a cell at the cursor, and people who are used to scripts write one method a cell. The one idea: where no cell
has the whole class, and the methods of several cells together make it whole, they are put together; nothing is added.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.nbgrader_plugins.statements import LONGEST_CODE, parsed

WHOLE = frozenset({"__init__", "forward"})

_MOST_CELLS = 200  # of code; a notebook with more is not looked through


@dataclass(frozen=True)
class Joined:
    """The class put together, as source, and the numbers of the cells that it is from."""

    source: str
    cells: tuple[int, ...]


def joined(cells: list[str], name: str, methods: frozenset[str]) -> Joined | None:
    """The class `name` out of several of the `cells` (code, in order), if no single one has all of it; else None.

    methods: those that the class may have; all of WHOLE it must have.
    """
    if len(cells) > _MOST_CELLS or not methods >= WHOLE:
        return None
    pieces = [(number, piece) for number, source in enumerate(cells) for piece in _pieces(source, name)]
    classes = [(number, piece) for number, piece in pieces if isinstance(piece, ast.ClassDef)]
    if not all(_of_module(piece) for _, piece in classes) or any(_is_joined_by_hand(source, name) for source in cells):
        return None
    if any(_is_whole(piece, methods) for _, piece in classes):
        return None
    return _continued(cells, name, methods) or _put_together(pieces, classes, methods)


def _pieces(source: str, name: str) -> Iterator[ast.ClassDef | ast.FunctionDef]:
    """The class, and the functions that could be its methods, of a cell's top level."""
    found = parsed(source)
    for node in found[1].body if found else ():
        arguments = node.args.args if isinstance(node, ast.FunctionDef) else ()
        if isinstance(node, ast.ClassDef) and node.name == name or arguments and arguments[0].arg == "self":
            yield node


def _of_module(piece: ast.ClassDef) -> bool:
    """Whether a class has nothing but what nn.Module gives it."""
    return [ast.unparse(base).split(".")[-1] for base in piece.bases] == ["Module"]


def _is_joined_by_hand(source: str, name: str) -> bool:
    """Whether a cell sets a method on the class, as in `ResidualBlock.forward = forward`."""
    found = parsed(source)
    targets = (
        (target for node in found[1].body if isinstance(node, ast.Assign) for target in node.targets) if found else ()
    )
    return any(isinstance(target, ast.Attribute) and ast.unparse(target.value) == name for target in targets)


def _filled(piece: ast.ClassDef, methods: frozenset[str]) -> dict[str, ast.FunctionDef]:
    """The methods of a class that have been written."""
    written = [node for node in piece.body if isinstance(node, ast.FunctionDef) and node.name in methods]
    return {node.name: node for node in written if not _is_open(node)}


def _is_open(method: ast.FunctionDef) -> bool:
    """Whether a method still has a TODO, or does nothing."""
    raised = (node.exc for node in method.body if isinstance(node, ast.Raise) and node.exc is not None)
    body = method.body[1:] if ast.get_docstring(method) else method.body
    nothing = all(
        isinstance(node, ast.Pass) or isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for node in body
    )
    return nothing or any("NotImplementedError" in ast.unparse(one) for one in raised)


def _is_whole(piece: ast.ClassDef, methods: frozenset[str]) -> bool:
    """Whether a class has __init__ and forward, and those of `methods` that they call."""
    filled = _filled(piece, methods)
    nodes = [node for method in filled.values() for node in ast.walk(method) if isinstance(node, ast.Attribute)]
    called = {node.attr for node in nodes if isinstance(node.value, ast.Name) and node.value.id == "self"}
    return filled.keys() >= WHOLE | called & methods


def _continued(cells: list[str], name: str, methods: frozenset[str]) -> Joined | None:
    """A class whose text goes on in the next cells, which begin indented."""
    code = [number for number, source in enumerate(cells) if source.strip()]
    for place, first in enumerate(code):
        if not any(line.startswith(f"class {name}") for line in cells[first].splitlines()):
            continue
        text = cells[first]
        for last in code[place + 1 :]:
            begins = cells[last].lstrip("\n")
            if not begins.startswith((" ", "\t")) or len(text) + len(begins) > LONGEST_CODE:
                break
            text = f"{text.rstrip()}\n\n{begins}"
            (piece,) = [one for one in _pieces(text, name) if isinstance(one, ast.ClassDef)][-1:] or [None]
            if piece is not None and _of_module(piece) and _is_whole(piece, methods):
                return Joined(ast.unparse(piece), tuple(range(first, last + 1)))
    return None


def _put_together(pieces: list, classes: list, methods: frozenset[str]) -> Joined | None:
    """The class with the most of its methods, and those that it lacks from the other pieces; of two, the later one."""
    if not classes:
        return None
    number, main = max(classes, key=lambda one: (len(_filled(one[1], methods)), one[0]))
    own, used = _filled(main, methods), {number}
    if not own:
        return None
    found: dict[str, ast.FunctionDef] = {}
    for where, piece in pieces:
        given = {piece.name: piece} if isinstance(piece, ast.FunctionDef) else _filled(piece, methods)
        for name, method in given.items():
            if piece is not main and name in methods and name not in own and not _is_open(method):
                found[name] = method
                used.add(where)
    kept = [node for node in main.body if getattr(node, "name", "") not in found]
    whole = ast.ClassDef(main.name, main.bases, main.keywords, [*kept, *found.values()], main.decorator_list)
    whole.type_params = getattr(main, "type_params", [])  # of newer Pythons
    return Joined(ast.unparse(whole), tuple(sorted(used))) if found and _is_whole(whole, methods) else None
