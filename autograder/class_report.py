"""What an instructor knows in a minute: how a class did, what was misunderstood, and who needs a look by a human.

Everything is counted from the records of `scores.py`; the only thing read besides is the code of one wrong answer for
each misconception, shown without comments, strings of text or names. The page is one file that needs nothing else.
"""

import ast
import base64
import io
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import jinja2
import nbformat
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from autograder.course import Course
from autograder.kernels.levels import IN_WORDS, LEVELS
from autograder.misconceptions.known import KNOWN
from autograder.nbgrader_plugins import KEY, LOCKED_IN
from autograder.rubric import LESSONS
from autograder.scores import WAITS, Record, records

LONGEST_EXAMPLE = 20_000
"""Characters of an answer that is shown as an example: nobody reads more, and Python's parser takes much memory."""
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#5f6368"
MISCONCEPTIONS = {misconception.id: misconception for known in KNOWN.values() for misconception in known}
SENTENCES = {
    (lesson, criterion.id): criterion.sentence
    for lessons in LESSONS.values()
    for lesson, cells in lessons.items()
    for cell in cells
    for criterion in cell.criteria
}


@dataclass(frozen=True)
class CriterionRate:
    """How many of those whose answer was judged met one criterion."""

    lesson: str
    criterion: str
    passed: int
    judged: int

    @property
    def percent(self) -> float:
        return 100 * self.passed / self.judged

    @property
    def sentence(self) -> str:
        return SENTENCES[self.lesson, self.criterion]


@dataclass(frozen=True)
class Held:
    """A misconception, how many students show it, and one anonymous answer (Python source, or nothing)."""

    id: str
    students: int
    explanation: str
    example: str


@dataclass(frozen=True)
class ClassReport:
    """A class and an assignment.

    totals: points a student; to_read: answers that a person always grades, by lesson and cell; for_a_human: what is out
    of the ordinary, (student, lesson, why); locked_in: how many notebooks were run at which level of locking in.
    """

    assignment: str
    totals: dict[str, float]
    most: float
    rates: tuple[CriterionRate, ...]
    held: tuple[Held, ...]
    to_read: dict[str, int]
    for_a_human: tuple[tuple[str, str, str], ...]
    locked_in: dict[str, int]


def class_report(course: Course, assignment: str) -> ClassReport:
    """Count a class. Raises UserError where nothing is graded yet."""
    found = records(course, assignment)
    totals: dict[str, float] = {}
    for record in found:
        totals[record.student] = totals.get(record.student, 0.0) + (record.points or 0.0)
    most = max((sum(r.max_points for r in found if r.student == student) for student in totals), default=0.0)
    waiting = [record for record in found if record.points is None and record.message == WAITS]
    to_read = dict(Counter(f"{record.lesson}: {record.cell}" for record in waiting))
    unusual = tuple(_for_a_human([record for record in found if record not in waiting]))
    held = _held(course, assignment, found)
    locked_in = _locked_in(course, assignment, totals)
    return ClassReport(assignment, totals, most, _rates(found), held, to_read, unusual, locked_in)


def _locked_in(course: Course, assignment: str, students: Iterable[str]) -> dict[str, int]:
    """Notebooks by the level that their code was locked in at, the strongest first."""
    counts: Counter[str] = Counter()
    for student in students:
        for path in course.folder("autograded", student, assignment).glob("*.ipynb"):
            metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
            counts[metadata.get(KEY, {}).get(LOCKED_IN, "")] += 1
    return {level: counts[level] for level in reversed(LEVELS) if counts[level]}


def _in_words(report: ClassReport) -> list[str]:
    """How students' code was locked in, a sentence a level."""
    return [f"{count} notebooks: {IN_WORDS[level]}" for level, count in report.locked_in.items()]


def _rates(found: list[Record]) -> tuple[CriterionRate, ...]:
    judged = [
        record for record in found if record.passed is not None and (record.lesson, record.criterion) in SENTENCES
    ]
    order = dict.fromkeys((record.lesson, record.criterion) for record in judged)
    of = Counter((record.lesson, record.criterion) for record in judged)
    passed = Counter((record.lesson, record.criterion) for record in judged if record.passed)
    return tuple(
        CriterionRate(lesson, criterion, passed[lesson, criterion], of[lesson, criterion])
        for lesson, criterion in order
    )


def _held(course: Course, assignment: str, found: list[Record]) -> tuple[Held, ...]:
    holders: dict[str, dict[str, Record]] = {}
    for record in found:
        for name in (record.misconception or "").split(", "):
            if name:
                holders.setdefault(name, {}).setdefault(record.student, record)
    held = []
    for name, students in sorted(holders.items(), key=lambda item: (-len(item[1]), item[0])):
        examples = (_example(course, assignment, record) for record in students.values())
        explanation = MISCONCEPTIONS[name].explanation if name in MISCONCEPTIONS else ""
        held.append(Held(name, len(students), explanation, next(filter(None, examples), "")))
    return tuple(held)


def _example(course: Course, assignment: str, record: Record) -> str:
    """The code of an answer without the words in which an author could be named; nothing where it cannot be read."""
    path = course.folder("autograded", record.student, assignment) / f"{record.lesson}.ipynb"
    wanted = record.cell.replace("handin-", "exercise-")
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == wanted and cell.cell_type == "code":
            return anonymous(cell.source)
    return ""


def anonymous(source: str) -> str:
    """Python code without comments, docstrings and other texts; nothing where it is not Python, or very long.

    Names of variables stay: an instructor who passes the page on reads it first.
    """
    if len(source) > LONGEST_EXAMPLE:
        return ""
    try:
        return _without_words(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""


def _without_words(tree: ast.Module) -> str:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            texts = [s for s in node.body if isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant)]
            node.body = [statement for statement in node.body if statement not in texts] or [ast.Pass()]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            node.value = "…"
    return ast.unparse(tree)


def _for_a_human(found: list[Record]):
    for record in found:
        if record.points is None:
            yield record.student, record.lesson, f"{record.criterion}: {record.message}"
        elif "comes from" in record.message and "(Note: This block" in record.message:
            yield record.student, record.lesson, "the block is a library's: judged by what it does"


def show(report: ClassReport, console: Console) -> None:
    """Print the report for a terminal."""
    points = sorted(report.totals.values())
    console.rule(f"{report.assignment}: {len(points)} students")
    if not points:
        console.print("Nobody has handed in anything yet.")
        return
    middle = points[len(points) // 2] if len(points) % 2 else sum(points[len(points) // 2 - 1 :][:2]) / 2
    console.print(f"Points of {report.most:g}: lowest {points[0]:g}, median {middle:g}, highest {points[-1]:g}\n")
    table = Table(title="What was met least often", title_justify="left")
    for title, style in (("met by", "bold"), ("criterion", ""), ("what it asks", "")):
        table.add_column(title, style=style)
    for rate in sorted(report.rates, key=lambda rate: rate.percent)[:8]:
        table.add_row(
            f"{rate.percent:.0f} % ({rate.passed}/{rate.judged})", f"{rate.lesson[:2]} {rate.criterion}", rate.sentence
        )
    console.print(table)
    table = Table(title="What was misunderstood", title_justify="left")
    for title in ("students", "misconception", "the idea that was missed"):
        table.add_column(title)
    for held in report.held:
        table.add_row(str(held.students), held.id, held.explanation)
    console.print(table)
    for sentence in _in_words(report):
        console.print(sentence, style="dim", markup=False)
    for cell, count in report.to_read.items():
        console.print(f"To be read by a person: {count} × {cell}")
    for student, lesson, why in report.for_a_human:
        console.print(f"For a human: {student}, {lesson}: {why}", markup=False)


def _picture(draw, width: float, height: float) -> str:
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    draw(axes)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=150)
    return base64.b64encode(buffer.getvalue()).decode()


def _scores_picture(report: ClassReport) -> str:
    def draw(axes):
        edges = [report.most * tenth / 10 for tenth in range(11)]
        axes.hist(list(report.totals.values()), bins=edges, color=BLUE, edgecolor="white")
        axes.set(xlabel=f"points of {report.most:g}", ylabel="students", xlim=(0, report.most))
        axes.yaxis.get_major_locator().set_params(integer=True)

    return _picture(draw, 6, 2.8)


def _rates_picture(report: ClassReport) -> str:
    def draw(axes):
        names = [f"{rate.lesson[:2]}  {rate.criterion}" for rate in report.rates][::-1]
        shares = [rate.percent for rate in report.rates][::-1]
        bars = axes.barh(names, shares, color=[BLUE if share >= 50 else ORANGE for share in shares])
        axes.bar_label(bars, [f"{share:.0f} %" for share in shares], padding=3, fontsize=9)
        axes.set(xlabel="students who meet it (%)", xlim=(0, 112))
        axes.set_xticks(range(0, 101, 25))

    return _picture(draw, 6, 0.27 * len(report.rates) + 1)


PAGE = jinja2.Environment(autoescape=True).from_string("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ report.assignment }}: class report</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; color: #202124; max-width: 46rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; } img { max-width: 100%; height: auto; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .3rem .5rem; vertical-align: top; }
tr + tr td { border-top: 1px solid #dadce0; } .count { font-weight: 700; white-space: nowrap; }
pre { background: #f1f3f4; padding: .6rem; overflow-x: auto; font-size: .82rem; } summary { cursor: pointer; }
.quiet { color: #5f6368; }
</style></head><body>
<h1>{{ report.assignment }}: {{ report.totals | length }} students</h1>
{% if report.totals %}
<h2>Scores</h2>
<img alt="Histogram of points: {{ spread }}" src="data:image/png;base64,{{ scores }}">
<p>{{ spread }}</p>
<h2>What to teach again</h2>
{% if report.held %}<table>
{% for held in report.held %}<tr><td class="count">{{ held.students }} ×</td><td><strong>{{ held.id }}</strong><br>
{{ held.explanation }}
{% if held.example %}<details><summary>one answer</summary><pre>{{ held.example }}</pre></details>{% endif %}</td></tr>
{% endfor %}</table>{% else %}<p>No wrong answer matches a known misconception.</p>{% endif %}
<h2>How many meet each criterion</h2>
<img alt="Bars: share of students who meet each criterion; the table below has the same numbers" src="data:image/png;base64,{{ rates }}">
<details><summary>as a table</summary><table>
{% for rate in report.rates %}<tr><td class="count">{{ "%.0f" | format(rate.percent) }} %</td><td>{{ rate.lesson }}:
{{ rate.sentence }} <span class="quiet">({{ rate.criterion }}, {{ rate.passed }} of {{ rate.judged }})</span></td></tr>
{% endfor %}</table></details>
<h2>For a human</h2>
{% for cell, count in report.to_read.items() %}<p>To be read: {{ count }} × {{ cell }} (<code>nbgrader formgrader</code>)</p>{% endfor %}
{% if report.for_a_human %}<table>
{% for student, lesson, why in report.for_a_human %}<tr><td class="count">{{ student }}</td><td>{{ lesson }}</td>
<td>{{ why }}</td></tr>{% endfor %}</table>{% else %}<p>Nothing was out of the ordinary.</p>{% endif %}
<h2>How students' code was locked in</h2>
{% for sentence in locked_in %}<p>{{ sentence }}</p>{% endfor %}
{% else %}<p>Nobody has handed in anything yet.</p>{% endif %}
</body></html>
""")


def write_page(report: ClassReport, path: Path) -> None:
    """Write the report as one HTML file; beside first, then renamed."""
    points = sorted(report.totals.values())
    spread = (
        f"lowest {points[0]:g}, highest {points[-1]:g}, mean {sum(points) / len(points):.1f} of {report.most:g} points"
        if points
        else ""
    )
    pictures = {"scores": _scores_picture(report), "rates": _rates_picture(report)} if points else {}
    page = PAGE.render(report=report, spread=spread, locked_in=_in_words(report), **pictures)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    beside.write_text(page, encoding="utf-8")
    beside.replace(path)
