"""A cell as the statements that IPython would run, so that one which fails takes no other with it.

Students write more than Python: magics, shell commands, question marks. The one idea: ask IPython's own transformer what
it would run, parse that, and cut it at the top level. Nothing is run here.
"""

import ast
import functools
import re
from dataclasses import dataclass

from IPython.core.inputtransformer2 import TransformerManager

LONGEST_CODE = 50_000
"""Characters; a tree takes a hundred times as much, and seconds."""

_MOST_ESCAPES = 100  # lines that are not Python; the transformer reads the whole cell anew for each
_ESCAPE = re.compile(r"^\s*[%!?,;/]|\?\s*$|=\s*[%!]", re.MULTILINE)
_CELL_MAGIC = re.compile(r"(?:[ \t]*(?:#.*)?\n)*[ \t]*%%(\w+|!)?.*(?:\n|$)")
_OTHER_LANGUAGES = frozenset(
    "! bash cmd cython file html javascript js latex markdown mermaid perl pypy python python2 python3 r ruby script sh"
    " shell sql svg system sx writefile".split()
)
_ENDS = frozenset("exit quit _exit abort kill do_shutdown ask_exit raise_signal exit_now".split())


@dataclass(frozen=True)
class Statement:
    """One statement of a cell's top level; an import of several names is one for each.

    line, head: where it stands in the cell, and its first line there. first, last: its lines in what IPython runs. binds: the names that it binds, and
    those whose attributes or items it sets or deletes. defines: whether it is an import, a class or a function.
    """

    source: str
    line: int
    head: str
    first: int
    last: int
    binds: frozenset[str]
    kind: str  # import, definition, assignment, other
    ends_kernel: bool

    @property
    def defines(self) -> bool:
        return self.kind in ("import", "definition")

    def __str__(self) -> str:
        return f"line {self.line}, `{self.head if len(self.head) <= 80 else self.head[:79] + '…'}`,"


def without_cell_magic(source: str) -> str:
    """A cell's code with `%%time` and the like, whatever they are called, as comments; "" for a cell in another language."""
    while found := _CELL_MAGIC.match(source):
        if (found[1] or "").lower() in _OTHER_LANGUAGES:
            return ""
        source = "#\n" * found[0].count("\n") + source[found.end() :]
    return source


@functools.lru_cache(maxsize=1024)
def parsed(source: str) -> tuple[str, ast.Module] | None:
    """What IPython runs for a cell, as text and as a tree; None where it is no Python, or too long to be read."""
    if len(source) > LONGEST_CODE:
        return None
    text = without_cell_magic(source)
    try:
        return text, ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    if len(_ESCAPE.findall(text)) > _MOST_ESCAPES:
        return None
    try:
        text = TransformerManager().transform_cell(text)
        return text, ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def statements_of(source: str) -> tuple[Statement, ...]:
    """The statements of a cell's top level, in order; none where it is no Python."""
    found = parsed(source)
    if found is None:
        return ()
    text, tree = found
    lines = text.splitlines()
    written = source.splitlines()
    # what the transformer drops: blank lines at the head; elsewhere only lines that go on a magic
    before = len(source) - len(source.lstrip("\n")) if len(written) != len(lines) else 0
    statements: list[Statement] = []
    for node in tree.body:
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
        alone = sum(other.lineno <= node.end_lineno and first <= other.end_lineno for other in tree.body) == 1
        whole = "\n".join(lines[first - 1 : node.end_lineno]) if alone else ast.unparse(node)
        head = written[first + before - 1].strip() if len(lines) + before == len(written) else ""
        for part in _parts(node):
            statements.append(
                Statement(
                    whole if part is node else ast.unparse(part),
                    first + before,
                    head or whole.strip().splitlines()[0],
                    first,
                    node.end_lineno,
                    frozenset(_bound(part)),
                    _kind(part),
                    _ends_kernel(part),
                )
            )
    return tuple(statements)


def at_line(statements: tuple[Statement, ...], line: int) -> int | None:
    """The number of the statement at a line of what IPython runs; the first of several."""
    return next((number for number, one in enumerate(statements) if one.first <= line <= one.last), None)


def _parts(node: ast.stmt) -> list[ast.stmt]:
    """An import of several names as one import for each; everything else as it is."""
    if isinstance(node, ast.Import) and len(node.names) > 1:
        return [ast.Import([name]) for name in node.names]
    if isinstance(node, ast.ImportFrom) and len(node.names) > 1:
        return [ast.ImportFrom(node.module, [name], node.level) for name in node.names]
    return [node]


def _kind(node: ast.stmt) -> str:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return "import"
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return "definition"
    return "assignment" if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) else "other"


def _bound(node: ast.stmt) -> set[str]:
    """The names of the top level that a statement binds, changes or deletes."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return {node.name}
    names = set()
    for inner in of_this_scope(node):
        if isinstance(inner, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(inner.name)
        elif isinstance(inner, ast.Import | ast.ImportFrom):
            names |= {(name.asname or name.name).split(".")[0] for name in inner.names}
        elif isinstance(inner, ast.Name | ast.Attribute | ast.Subscript) and not isinstance(inner.ctx, ast.Load):
            while isinstance(inner, ast.Attribute | ast.Subscript):
                inner = inner.value
            names |= {inner.id} if isinstance(inner, ast.Name) else set()
    return names


def of_this_scope(node: ast.AST) -> list[ast.AST]:
    """A statement and what is in it, but not what is in its functions and classes."""
    found, rest = [], [node]
    while rest:
        inner = rest.pop()
        found.append(inner)
        if not isinstance(inner, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            rest.extend(ast.iter_child_nodes(inner))
    return found


def _ends_kernel(node: ast.stmt) -> bool:
    """Whether a statement is nothing but a call that ends the kernel: `exit()`, `exit`, `os._exit(0)` and the like."""
    called = node.value if isinstance(node, ast.Expr) else None
    called = called.func if isinstance(called, ast.Call) else called
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return name in _ENDS


def shows_only(source: str) -> bool:
    """Whether a cell is a row of expressions, so that no later cell can need what it leaves behind."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # a magic, say
        return False
    return all(isinstance(statement, ast.Expr) for statement in tree.body) and not any(
        isinstance(node, ast.NamedExpr) for node in ast.walk(tree)
    )
