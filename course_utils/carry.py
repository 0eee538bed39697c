"""Carrying a class from one lesson into the next: `keep` writes it down as source code, `bring` reads it back.

The one idea: what travels is text, in `my_resnet.py` beside the notebook, which a student can open, read and own. Each
class has a section of its own in that file, holding the class and all that it needs to run alone: the notebook's helper
functions, base classes and constants that it refers to, and theirs in turn, and the imports. Nothing is pickled.
"""

import ast
import builtins
import functools
import inspect
import linecache
import os
import re
import symtable
import sys
import tempfile
import types
from pathlib import Path

from torch import nn

from course_utils.evidence import SEED_VARIABLE
from course_utils.models import PlainBlock

FILE = "my_resnet.py"
ELSEWHERE = Path("..", "resnet", FILE)
"""Where lessons of another assignment find the file, when there is none beside them."""
LESSON = {"ResidualBlock": "02_residual_block", "SimpleResNet": "03_simple_resnet"}
"""Where each class is written; also the order of the sections, since a network is built from blocks."""

_MODULE = "my_resnet"
_HEAD = (
    "# What you built in the lessons. keep(...) writes the sections of this file, and bring(...) reads them.\n"
    "# Change your classes in the notebooks rather than here: the next keep(...) replaces the section.\n"
)
_SECTION = re.compile(r"^# >>> (?P<name>\w+)\n(?P<code>.*?)^# <<< (?P=name)$", re.MULTILINE | re.DOTALL)


class NotKept(RuntimeError):
    """A class was used that `bring` could not find or read. The message says why, and what to do."""


class _CannotKeep(Exception):
    """Why a class cannot be written down, as the end of a sentence."""


def keep(cls: type) -> None:
    """Write `cls` into its section of `my_resnet.py` beside the notebook, with all that it needs to run alone.

    cls: a class of the notebook that calls this (or one that it imported). Prints one line that says what was done; a
    class that cannot be kept, because a TODO is still open or its source cannot be found, is named there, and the file
    stays as it was. On Colab, whose machines forget, the file is offered for download too. Raises nothing.
    """
    if not isinstance(cls, type):
        print(f"Nothing kept: keep(...) takes a class, such as keep(ResidualBlock), and this is {_kind(cls)}.")
        return
    notebook = sys._getframe(1).f_globals
    name = next((known for known in LESSON if notebook.get(known) is cls), cls.__name__)
    path = Path.cwd() / FILE
    try:
        section, unknown = _section(name, cls, notebook)
        earlier = _sections(path.read_text(encoding="utf-8")) if path.exists() else {}
        text = _file_text({**earlier, name: section})
        _try_out(name, text, path)
        _write(path, text)
    except (_CannotKeep, OSError, UnicodeDecodeError) as reason:
        print(f"{name} is not kept: {reason}")
        return
    lines = section.count("\n")
    done = "in place of the earlier version" if name in earlier else "a new section"
    note = f" It uses {', '.join(unknown)}, which this notebook does not define." if unknown else ""
    print(f"{name} is kept in {FILE} ({lines} lines, {done}).{note}")
    if (colab := _colab_files()) is not None:
        print(f"This machine forgets it: your browser now downloads {FILE}; the next lesson asks for that file.")
        colab.download(str(path))


def bring(name: str) -> type:
    """Give back the class that `keep` wrote into `my_resnet.py` beside the notebook, "ResidualBlock" say.

    Lessons of another assignment find it in ../resnet, where the first four lessons lie, if there is none beside them.
    Where the file or the section is missing, or cannot be run, the answer is a stand-in: a class whose first use raises
    NotKept, which says what to do. On Colab a missing class is asked for by upload, but never while grading. Then a block
    that is missing can be used all the same: a network is marked by itself, whatever became of the lesson before.
    """
    path = Path.cwd() / FILE
    if not path.exists() and (Path.cwd() / ELSEWHERE).exists():
        path = (Path.cwd() / ELSEWHERE).resolve()
    try:
        try:
            found = _brought(name, path)
        except NotKept as missing:
            colab = _colab_files()
            if colab is None:
                raise
            print(f"{missing} Please choose the {FILE} that an earlier lesson downloaded to your computer:")
            _upload(colab, path)
            found = _brought(name, path)
    except NotKept as missing:
        advice = f"{missing} {_what_to_do(name)}"
        print(advice)
        return _stand_in(name, advice)
    print(f"{name}: yours, from {FILE}")
    return found


# Keeping: from an object of the notebook to the text of a section


def _section(name: str, cls: type, notebook: dict) -> tuple[str, list[str]]:
    """The text of a section that defines `name`, and the names that it uses but the notebook does not know."""
    imports: list[str] = []
    pieces: dict[str, str] = {}
    unknown: list[str] = []
    seen: set[str] = set()

    def collect(name: str) -> None:
        """Put down what defines `name`, after all that it refers to."""
        if name in seen:
            return
        seen.add(name)
        if name not in notebook:
            if not hasattr(builtins, name):
                unknown.append(name)
            return
        value = notebook[name]
        if (line := _import_line(name, value, notebook)) is not None:
            if line and line not in imports:
                imports.append(line)
            return
        if _is_literal(value):
            pieces[name] = f"{name} = {value!r}\n"
            return
        source = _source(name, value, notebook)
        for other in _names_used(source):
            collect(other)
        pieces[name] = source

    if issubclass(cls, _StandIn) or cls.__base__ is MissingBlock and cls.__module__ == _MODULE:
        raise _CannotKeep(f"this is a stand-in for it. {_what_to_do(name)}")
    if cls.__module__ == _MODULE:
        raise _CannotKeep(f"it came from {FILE}, so there is nothing new to write.")
    notebook = {**notebook, name: cls}
    _require_whole(cls)
    collect(name)
    code = "\n\n".join(piece if piece.endswith("\n") else piece + "\n" for piece in pieces.values())
    head = "".join(line + "\n" for line in sorted(imports, key=lambda line: (line.startswith("from"), line)))
    return f"{head}\n\n{code}" if head and code else head + code, unknown


def _import_line(name: str, value: object, notebook: dict) -> str | None:
    """The line that imports `value` as `name`; "" where my_resnet.py has it already; None where it is no import."""
    if isinstance(value, types.ModuleType):
        return f"import {value.__name__}" + (f" as {name}" if name != value.__name__ else "")
    module = getattr(value, "__module__", None)
    own = getattr(value, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(own, str) or "<" in own:
        return None
    if module == _MODULE:  # a section of its own provides it
        return "" if own == name else None
    if module in (notebook.get("__name__"), "__main__") or "." in own:
        return None
    packages = module.split(".")
    for depth in range(1, len(packages) + 1):  # torch.nn.Conv2d reads better than torch.nn.modules.conv.Conv2d
        package = ".".join(packages[:depth])
        if getattr(sys.modules.get(package), own, None) is value:
            return f"from {package} import {own}" + (f" as {name}" if name != own else "")
    return None


def _source(name: str, value: object, notebook: dict) -> str:
    """The source of the notebook's statement that defines `name` as it now is."""
    code = _code(value)
    if code is not None and getattr(value, "__qualname__", None) == name:
        for node, source in reversed(_statements(_text_of(code))):
            if _defines(node, code) and node.name == name:
                return source
    cells = notebook.get("In") if isinstance(notebook.get("In"), list) else []
    if not cells and isinstance(notebook.get("__file__"), str):
        cells = ["".join(linecache.getlines(notebook["__file__"]))]
    for cell in reversed(cells):
        for node, source in reversed(_statements(cell)):
            if name in _names_bound(node):
                return source
    raise _CannotKeep(
        f"where {name} is defined could not be found. Write it at the top level of a cell of this notebook (not inside "
        f"a function or exec), run that cell, and keep it again."
    )


def _code(value: object) -> types.CodeType | None:
    """The compiled code of a function, or of the first method that was written inside a class."""
    if isinstance(value, type):
        for member in vars(value).values():
            member = getattr(member, "__func__", getattr(member, "fget", member))  # static, class method, property
            code = _code(member) if callable(member) and not isinstance(member, type) else None
            if code is not None and code.co_qualname.startswith(value.__qualname__ + "."):
                return code
        return None
    return getattr(inspect.unwrap(value) if callable(value) else value, "__code__", None)


def _require_whole(cls: type) -> None:
    """Raise _CannotKeep where a TODO of the class is still open, or where its source is not all of it."""
    code = _code(cls)
    written = [node for node, _ in _statements(_text_of(code)) if _defines(node, code)] if code else []
    for node in written:
        for method in node.body:
            if any(_is_unfilled(inner) for inner in ast.walk(method)):
                where = getattr(method, "name", cls.__name__)
                raise _CannotKeep(
                    f"a TODO is still open in {where}. Fill it in, run the cell of the class, and keep it again."
                )
        plain_methods = {
            method.name: method
            for method in node.body
            if isinstance(method, ast.FunctionDef) and not method.decorator_list
        }
        names = _names_bound(ast.Module(node.body, []))
        for name, member in vars(cls).items():
            if not inspect.isfunction(member) or member.__module__ != cls.__module__:
                continue
            replaced = name in plain_methods and not _defines(plain_methods[name], member.__code__)
            if replaced or name not in names:
                raise _CannotKeep(
                    f"its {name} was attached to it from outside. Write it inside the class, and keep it again."
                )


def _defines(node: ast.stmt, code: types.CodeType) -> bool:
    """Whether a class or a function is where a piece of code was written (both are of the same cell)."""
    is_definition = isinstance(node, ast.ClassDef | ast.FunctionDef)
    return is_definition and _first_line(node) <= code.co_firstlineno <= node.end_lineno


def _is_unfilled(node: ast.AST) -> bool:
    if isinstance(node, ast.Raise):
        raised = node.exc
        if isinstance(raised, ast.Call) and not raised.args and not raised.keywords:
            raised = raised.func
        return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr | ast.Return) else None
    return isinstance(value, ast.Constant) and value.value is ...


def _text_of(code: types.CodeType) -> str:
    """The cell or file that a piece of code was compiled from; empty where Python does not have it."""
    return "".join(linecache.getlines(code.co_filename))


def _statements(text: str) -> list[tuple[ast.stmt, str]]:
    """The top-level statements of a text and their sources, decorators included; none where it is not Python."""
    try:
        tree = ast.parse(text)
    except SyntaxError:  # a cell that never ran, or holds another language
        return []
    lines = text.replace("\r\n", "\n").split("\n")
    return [(node, "\n".join(lines[_first_line(node) - 1 : node.end_lineno]) + "\n") for node in tree.body]


def _first_line(node: ast.stmt) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])


def _names_bound(node: ast.AST) -> set[str]:
    """The names that a statement at the top level, or a body of statements, defines."""
    table = symtable.symtable(ast.unparse(node), FILE, "exec")
    return {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()}


def _names_used(source: str) -> list[str]:
    """The global names that a piece of source refers to, at whatever depth, in order of their names."""
    used = set()

    def look(table: symtable.SymbolTable) -> None:
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (symbol.is_global() or table.get_type() == "module"):
                used.add(symbol.get_name())
        for inner in table.get_children():
            look(inner)

    look(symtable.symtable(source, FILE, "exec"))
    return sorted(used)


def _is_literal(value: object) -> bool:
    """Whether `repr(value)` is Python source for the same value: numbers, strings, and plain collections of them."""
    if not isinstance(value, int | float | complex | str | bytes | tuple | list | dict | set | type(None)):
        return False
    try:
        return ast.literal_eval(repr(value)) == value
    except (ValueError, SyntaxError):  # a list of layers, say, or infinity
        return False


def _try_out(name: str, text: str, path: Path) -> None:
    """Run the section by itself, as `bring` will, so that what is kept is known to come back."""
    try:
        found = _run(name, text, path).get(name)
    except Exception as error:
        raise _CannotKeep(
            f"run by itself, outside of this notebook, it stops with {type(error).__name__}: {error}. Does it need "
            f"something that another cell does? Put that into the class, or into a function that it calls."
        ) from error
    if not isinstance(found, type):
        raise _CannotKeep("run by itself, its source does not define the class.")


# The file: sections between marks, replaced one at a time


def _sections(text: str) -> dict[str, str]:
    return {match["name"]: match["code"] for match in _SECTION.finditer(text)}


def _file_text(sections: dict[str, str]) -> str:
    order = [name for name in LESSON if name in sections] + [name for name in sections if name not in LESSON]
    return _HEAD + "".join(f"\n\n# >>> {name}\n{sections[name]}# <<< {name}\n" for name in order)


def _write(path: Path, text: str) -> None:
    """Replace the file in one step: whoever reads it sees the old text or the new one, never half of it."""
    handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(beside, path.stat().st_mode if path.exists() else 0o644)
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise


# Bringing: from the text of a section to a class


def _brought(name: str, path: Path) -> type:
    """The class from its section of the file. Raises NotKept with a sentence that says why there is none."""
    missing = f"{name} is not here:"
    if not path.exists():
        raise NotKept(f"{missing} there is no {FILE} beside this notebook.")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotKept(f"{missing} {FILE} cannot be read ({error}).") from error
    if name not in _sections(text):
        raise NotKept(f"{missing} {FILE} has no section for it.")
    try:
        found = _run(name, text, path).get(name)
    except Exception as error:
        raise NotKept(f"{missing} its section of {FILE} is broken ({_in_words(error)}).") from error
    if not isinstance(found, type):
        raise NotKept(f"{missing} its section of {FILE} does not define it.")
    linecache.checkcache(str(path))
    module = sys.modules.setdefault(_MODULE, types.ModuleType(_MODULE))  # where inspect looks for its source
    module.__file__ = str(path)
    setattr(module, name, found)
    return found


def _in_words(error: Exception) -> str:
    if isinstance(error, SyntaxError):
        return f"line {error.lineno}, {type(error).__name__}: {error.msg}"
    return f"{type(error).__name__}: {error}"


@functools.lru_cache(maxsize=32)
def _run(name: str, text: str, path: Path) -> dict:
    """Run the section of `name`, in a namespace of its own, and return that namespace.

    Sections meet by name only: where this one uses a class that a section above it keeps, that class is there, or a
    stand-in where that section cannot give it. So two sections may each have a helper of the same name. Cached, so that
    a network which is brought is built from the very block that is brought.
    """
    sections = _sections(text)
    source = sections[name]
    # Blank lines in front, so that errors and inspect.getsource name the true lines of the file.
    before = text[: text.index(f"# >>> {name}\n")].count("\n") + 1
    code = compile("\n" * before + source, str(path), "exec")
    bound = {name}.union(*(_names_bound(node) for node, _ in _statements(source)))
    namespace: dict = {"__name__": _MODULE, "__file__": str(path)}
    above = list(sections)[: list(sections).index(name)]
    for other in _names_used(source):
        if other in bound or (other not in LESSON and other not in above):
            continue
        reason = f"{other} is not here: {FILE} has no section for it above {name}'s."
        if other in above:
            try:
                namespace[other] = _run(other, text, path)[other]
                continue
            except Exception as error:  # noqa: BLE001 - a student's file may raise anything
                reason = f"{other} is not here: its section of {FILE} is broken ({_in_words(error)})."
        namespace[other] = _stand_in(other, f"{reason} {_what_to_do(other)}")
    exec(code, namespace)  # noqa: S102 - the student's own code
    return namespace


class _StandIn(nn.Module):
    """A class that can be named, passed on and subclassed in a missing one's place, but not used."""

    message: str

    def __init__(self, *args, **kwargs):
        raise NotKept(self.message)


class MissingBlock(PlainBlock):
    """What a network is built from while it is graded, in place of a block that is not there or cannot be used."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__(in_channels, out_channels, stride)
        self.shortcut = nn.Sequential()


def _stand_in(name: str, message: str) -> type:
    if name == "ResidualBlock" and os.environ.get(SEED_VARIABLE):
        return type(name, (MissingBlock,), {"__module__": _MODULE})
    return type(name, (_StandIn,), {"message": message, "__module__": _MODULE})


def _what_to_do(name: str) -> str:
    lesson = LESSON.get(name)
    if lesson is None:
        return f"Run keep({name}) in the notebook that defines it, then run this notebook again from the top."
    return f"Finish lesson {lesson} up to keep({name}), then run this notebook again from the top."


# Colab


def _colab_files():
    """Colab's upload and download, or None elsewhere, and while grading: nobody is there to answer."""
    if os.environ.get(SEED_VARIABLE):
        return None
    try:
        from google.colab import files
    except ImportError:
        return None
    return files


def _upload(colab, path: Path) -> None:
    """Ask for an upload, and write it to `path` if it is what `keep` writes."""
    for name, content in colab.upload().items():
        text = content.decode("utf-8", errors="replace")
        if _sections(text):
            _write(path, text)
        else:
            print(f"{name} is not a file that keep(...) wrote, so it is not used.")


def _kind(value: object) -> str:
    name = getattr(value, "__name__", None)
    return f"the function {name}" if callable(value) and name else f"an object of type {type(value).__name__}"
