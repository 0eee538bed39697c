"""What checks have in common: calling a student's code, and saying in words what was seen."""

import linecache
import re
import types
from collections.abc import Callable, Iterator

import torch
from torch import nn
from torch.utils._pytree import tree_map_only

from course_utils.carry import NotKept
from course_utils.evidence import without_gpu

Finding = tuple[bool, str]
"""Whether it is as expected, and the sentence that says so."""


def show_findings(findings: Iterator[Finding]) -> None:
    """Print every finding once, on its own line, and a last line that sums up; random numbers stay as they were."""
    seen: dict[Finding, None] = {}
    with torch.random.fork_rng(devices=[]), without_gpu(), torch.device("cpu"):
        torch.default_generator.manual_seed(0)
        for finding in findings:
            if finding not in seen:  # one open TODO stops several examples in the same way
                passed, sentence = finding
                print("✓" if passed else "✗", sentence)
                seen[finding] = None
    wrong = sum(not passed for passed, _ in seen)
    print(f"\n{wrong} of {len(seen)} not yet as expected. Begin with the first ✗." if wrong else "\nAll as expected.")


def attempt(what: str, function: Callable, *args, **kwargs) -> tuple[object, str | None]:
    """What the student's `function` returned, and None; or None, and in words why it did not return.

    Tensors come to the processor here, once, wherever the student's code has put them.
    """
    try:
        answer = function(*args, **kwargs)
        return tree_map_only(torch.Tensor, torch.Tensor.cpu, answer), None
    except Exception as error:  # a student's code may raise anything
        return None, _in_words(what, function, error)


def _in_words(what: str, function: Callable, error: Exception) -> str:
    if isinstance(error, NotKept):
        return str(error)
    if not callable(function):
        return f"found {what_was_seen(function)} where a function or class was expected; has the cell above been run?"
    line, text, todo = _place(function, error)
    message = (str(error).strip() or "no message").splitlines()[0]
    if isinstance(error, NotImplementedError) and "forward" in message:
        name = type(function).__name__ if isinstance(function, nn.Module) else "the class"
        return f"{what}: {name} has no forward. Is it there, and indented so that it belongs to the class?"
    if isinstance(error, NotImplementedError) and line:
        return f"{todo or 'a TODO'} is still open (line {line} of its cell). Replace `{text}` by your own lines."
    if "ellipsis" in message.lower():
        where = f" (met in line {line} of its cell: `{text}`)" if line else ""
        return f"{what}: a TODO is still open, something is `...`{where}."
    where = f" (line {line} of its cell: `{text}`)" if line else ""
    return f"{what} stopped with {type(error).__name__}: {message}{where}."


def _place(function: Callable, error: Exception) -> tuple[int, str, str]:
    """Where in the student's code an error arose: the line's number (0: nowhere), its text, and the TODO above it."""
    owner = function if isinstance(function, type | types.FunctionType) else type(function)
    place = (0, "", "")
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if trace.tb_frame.f_globals.get("__name__") == owner.__module__:
            lines = linecache.getlines(code.co_filename)[: trace.tb_lineno]
            todos = re.findall(r"TODO \d*", "".join(lines[code.co_firstlineno - 1 :]))
            place = (trace.tb_lineno, lines[-1].strip() if lines else "", todos[-1].strip() if todos else "")
        trace = trace.tb_next
    return place


def compare_number(
    what: str,
    function: Callable,
    args: tuple,
    expected: float,
    questions: dict[float, str],
    tolerance: float = 0,
) -> Iterator[Finding]:
    """Whether `function(*args)` is `expected`; where it is a known other number, with the question that helps."""
    answer, problem = attempt(what, function, *args)
    if problem is not None:
        yield False, problem
        return
    try:
        if isinstance(answer, (str, bytes)):
            raise TypeError
        number = float(answer)
    except (TypeError, ValueError, RuntimeError, OverflowError):  # RuntimeError: a tensor with several elements
        hint = missing_return(answer)
        hint = ": the TODO is still open" if answer is ... else hint
        yield False, f"{what}: your function returned {what_was_seen(answer)}; expected a number{hint}"
        return
    if abs(number - expected) <= tolerance:
        yield True, f"{what}: {as_number(expected)}"
        return
    question = next((text for wrong, text in questions.items() if wrong != expected and abs(number - wrong) < 1e-9), "")
    shown = as_number(number) if as_number(number) != as_number(expected) else repr(number)
    yield (
        False,
        f"{what}: your function returned {shown}; expected {as_number(expected)}"
        + (f": {question}" if question else ""),
    )


def what_was_seen(value: object) -> str:
    """A short description of something unexpected."""
    if value is None:
        return "nothing (None)"
    if value is ...:
        return "`...`"
    if isinstance(value, torch.Tensor):
        return f"a tensor {shape_of(value)}"
    if isinstance(value, dict):
        return f"a dict with the keys {as_list(sorted(map(repr, value)))}" if value else "an empty dict"
    if isinstance(value, str | int | float):
        return repr(value)[:80]
    return f"an object of type {type(value).__name__}"


def shape_of(tensor: torch.Tensor) -> tuple[int, ...]:
    return tuple(tensor.shape)


def as_list(words: list[str]) -> str:
    return ", ".join(words)


def as_number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"


def as_row(numbers: torch.Tensor) -> str:
    """A few numbers as one writes a vector: (3, -4)."""
    return f"({', '.join(f'{number:.3g}' for number in numbers.tolist())})"


def missing_return(answer: object) -> str:
    """A hint for the end of a sentence, where a function gave nothing; else nothing."""
    return ": does the function end with `return`?" if answer is None else ""
