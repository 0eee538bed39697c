"""What a student and an instructor read: one verdict, as HTML for feedback pages and as text for terminals.

The one idea: a page answers three questions in order. How many points? What was misunderstood? Criterion by criterion,
what was seen and what was expected? Whatever a student had a hand in is escaped, and no meaning hangs on colour.
"""

from html import escape

from autograder.verdict import Diagnosis, Mark, Verdict

PASSED, FAILED = "✓", "✗"
FOR_A_PERSON = "The grader could not judge this by itself. A person will look at it, and these points are not final."

_TEXT = "#1f2328"
_QUIET = "#59636e"
_LINE = "#d1d9e0"
_GOOD = "#0a6640"
_BAD = "#a40e26"


def _points(value: float) -> str:
    """Points as people write them: 7, not 7.0, and at most two decimals."""
    return f"{round(value, 2):g}"


def _one_reason(verdict: Verdict) -> str:
    """The message that all criteria share, where none passed and all for the same reason; else nothing."""
    messages = {mark.message for mark in verdict.marks}
    alone = len(messages) == 1 and len(verdict.marks) > 1 and not any(mark.points for mark in verdict.marks)
    return messages.pop() if alone else ""


def _sentence(text: str) -> str:
    """The text with a capital letter and a full stop."""
    text = text.strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?…" else ".")


def verdict_html(verdict: Verdict, for_a_person: bool = False) -> str:
    """The verdict as one HTML element with inline styles, for nbgrader's feedback and formgrader, phones included."""
    reason = _one_reason(verdict)
    parts = [_head(verdict)]
    if for_a_person:
        parts.append(_box("A person will look at this", _paragraph(FOR_A_PERSON)))
    if reason:
        parts.append(_box("Why there are no points", _paragraph(_sentence(reason))))
    parts += [_diagnosis(diagnosis) for diagnosis in verdict.diagnoses]
    parts += [_mark(mark, with_message=not reason) for mark in verdict.marks]
    if verdict.notes:
        items = "".join(f'<div style="margin:.25em 0 0 0">• {_words(_sentence(note))}</div>' for note in verdict.notes)
        parts.append(
            f'<div style="padding:.6em .9em;border-top:1px solid {_LINE};color:{_QUIET};font-size:13px">'
            f"<b>Notes</b> (they cost nothing){items}</div>"
        )
    return (
        f'<div style="max-width:46em;margin:.3em 0 .9em 0;border:1px solid {_LINE};border-radius:6px;background:#ffffff;'
        f"color:{_TEXT};font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-size:14px;"
        f'line-height:1.45;text-align:left;overflow-wrap:anywhere">{"".join(parts)}</div>'
    )


def _head(verdict: Verdict) -> str:
    passed = sum(mark.passed for mark in verdict.marks)
    return (
        f'<div style="padding:.6em .9em;background:#f6f8fa;border-radius:6px 6px 0 0">'
        f'<span style="font-size:17px;font-weight:600">{_points(verdict.points)} of {_points(verdict.max_points)}'
        f" points</span>"
        f'<span style="color:{_QUIET}"> &nbsp;·&nbsp; <code style="background:none;color:{_TEXT};padding:0">'
        f"{escape(verdict.hand_in)}</code> &nbsp;·&nbsp; {passed} of {len(verdict.marks)} criteria met</span></div>"
    )


def _box(title: str, body: str) -> str:
    """Something to read before the criteria, marked by a thick line at its left."""
    return (
        f'<div style="padding:.6em .9em;border-top:1px solid {_LINE};border-left:4px solid #9a6700;background:#fff8e6">'
        f"<b>{escape(title)}</b>{body}</div>"
    )


def _paragraph(text: str) -> str:
    return f'<div style="margin:.2em 0 0 0">{_words(text)}</div>'


def _diagnosis(diagnosis: Diagnosis) -> str:
    hint = f'<div style="margin:.4em 0 0 0"><b>Hint:</b> {_words(diagnosis.hint)}</div>' if diagnosis.hint else ""
    return _box("What this looks like", _paragraph(diagnosis.explanation) + hint)


def _mark(mark: Mark, with_message: bool) -> str:
    symbol, word, colour = (PASSED, "met", _GOOD) if mark.passed else (FAILED, "not met", _BAD)
    message = ""
    if with_message and mark.message:
        style = f"margin:.1em 0 0 21px;color:{_QUIET};font-size:13px"
        message = f'<div style="{style}">{_words(_sentence(mark.message))}</div>'
    return (
        f'<div style="padding:.5em .9em;border-top:1px solid {_LINE}"><div style="display:flex">'
        f'<div title="{word}" style="flex:none;width:21px;color:{colour};font-weight:700">{symbol}</div>'
        f'<div style="flex:1;min-width:0">{_words(mark.sentence)}</div>'
        f'<div style="flex:none;padding-left:.8em;white-space:nowrap">'
        f"{_points(mark.points)}&nbsp;/&nbsp;{_points(mark.max_points)}</div></div>{message}</div>"
    )


def _words(text: str) -> str:
    """Text, escaped, with its line breaks, and with `code` in a code font."""
    pieces = escape(text).split("`")
    if len(pieces) % 2 == 0:  # an odd number of backticks: no pairs to trust
        pieces = [escape(text)]
    code = '<code style="background:#eff2f5;color:#1f2328;padding:0 .25em;white-space:pre-wrap">'
    marked = "".join(f"{code}{piece}</code>" if index % 2 else piece for index, piece in enumerate(pieces))
    return marked.replace("\n", "<br>")


def verdict_text(verdict: Verdict, for_a_person: bool = False) -> str:
    """The verdict as lines of plain text."""
    reason = _one_reason(verdict)
    lines = [f"{verdict.hand_in}: {_points(verdict.points)} of {_points(verdict.max_points)} points"]
    if for_a_person:
        lines.append(f"  ! {FOR_A_PERSON}")
    if reason:
        lines.append(f"  Why there are no points: {_sentence(reason)}")
    for diagnosis in verdict.diagnoses:
        lines.append(f"  What this looks like: {diagnosis.explanation}")
        if diagnosis.hint:
            lines.append(f"  Hint: {diagnosis.hint}")
    for mark in verdict.marks:
        symbol = PASSED if mark.passed else FAILED
        lines.append(f"  {symbol} {_points(mark.points)}/{_points(mark.max_points)}  {mark.sentence}")
        if mark.message and not reason:
            lines.append(f"      {_sentence(mark.message)}")
    lines += [f"  Note: {_sentence(note)}" for note in verdict.notes]
    return "\n".join(lines)
