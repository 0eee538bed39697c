"""What a cell asks for and the grading machine lacks: a formatter's magic, a package that draws summaries.

Such a line stops the cell before what it is there for. So it is left out, and the cell run once more: what really needs
the missing thing fails all the same, by its own name.
"""

import ast
import re

_MODULE = re.compile(r"No module named '?(\w+)")
_MAGIC = re.compile(r"[Mm]agic.*?`?(%%?\w+)`? not found")
_KEPT_AWAY = {"autograder", "study"}  # missing on purpose: whoever asks for them is told so
_LONGEST_CODE = 50_000  # characters; parsing more takes seconds, and much memory
_LINE = re.compile(r"^\s*[%!].*$", re.MULTILINE)


def without(source: str, error: str, message: str) -> tuple[str, str]:
    """A cell's code without the lines that asked for what is missing, going by the error that it stopped with.

    Returns the code and what was left out, in words; "" where the error is another one or no such line is found.
    """
    if len(source) > _LONGEST_CODE:
        return source, ""
    if error == "UsageError" and (found := _MAGIC.search(message)):
        magic = found[1]
        lines = re.compile(rf"^[ \t]*{re.escape(magic)}(?!\w).*$", re.MULTILINE)
        return (lines.sub("", source), magic) if lines.search(source) else (source, "")
    if error == "ModuleNotFoundError" and (found := _MODULE.search(message)):
        module = found[1]
        if module in _KEPT_AWAY:
            return source, ""
        magics = re.compile(rf"^[ \t]*%.*\b{module}\b.*$", re.MULTILINE)
        shorter = _without_import(magics.sub("", source), module)
        return (shorter, module) if shorter != source else (source, "")
    return source, ""


def _without_import(source: str, module: str) -> str:
    """The code without what it imports of one module at its top level; other names in the same statement stay."""
    try:
        body = ast.parse(_LINE.sub(lambda line: re.sub(r"\S.*", "pass", line[0]), source)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source
    lines = source.splitlines()
    for statement in reversed(body):
        if isinstance(statement, ast.Import):
            rest = [name for name in statement.names if name.name.split(".")[0] != module]
            if len(rest) == len(statement.names):
                continue
            kept = [ast.unparse(ast.Import(rest))] if rest else []
        elif isinstance(statement, ast.ImportFrom) and not statement.level and statement.module.split(".")[0] == module:
            kept = []
        else:
            continue
        if any(other is not statement and _shares_lines(other, statement) for other in body):
            continue
        lines[statement.lineno - 1 : statement.end_lineno] = kept
    return "\n".join(lines)


def _shares_lines(one: ast.stmt, other: ast.stmt) -> bool:
    return one.lineno <= other.end_lineno and other.lineno <= one.end_lineno
