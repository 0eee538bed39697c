"""The commands of the autograder: `python -m autograder --help`, from the root of the repository.

Each command reads, or grades into a folder of its own; nbgrader's own commands do all that changes the course. What a
person can put right is said in one sentence, with exit status 2. Commands import what they need when they are called:
nbgrader and torch take seconds.
"""

import asyncio
import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autograder import ROOT
from autograder.errors import UserError
from autograder.formats import Format

if TYPE_CHECKING:
    from autograder.scores import Record

app = typer.Typer(
    help="Grades and reports for the residual networks coursework. To grade a class: nbgrader autograde resnet.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
AS_JSON = Annotated[bool, typer.Option("--json", help="Print JSON, one object a criterion, and nothing else.")]


@app.command()
def scores(
    assignment: Annotated[str, typer.Argument(help="The assignment, such as resnet.")],
    student: Annotated[str | None, typer.Option(help="Only this student.")] = None,
    as_json: AS_JSON = False,
    course: Annotated[Path, typer.Option(help="The course directory.", file_okay=False)] = ROOT,
) -> None:
    """Show every criterion of every student: points, misconception, and what was seen."""
    from autograder.course import Course
    from autograder.scores import records

    show(records(Course(course), assignment, student), as_json)


@app.command()
def check(
    notebook: Annotated[Path, typer.Argument(help="A lesson that somebody has worked on, an .ipynb file.")],
    as_json: AS_JSON = False,
    trust: Annotated[
        bool, typer.Option("--trust", help="It is your own: run it even where nothing protects you from it.")
    ] = False,
) -> None:
    """Grade one notebook now and show the result. Nothing in the course is changed."""
    from autograder.grading import ahead

    ahead.begin_one()
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    with console.status(f"Running {notebook.name} …"):
        from autograder.check import check as grade
        from autograder.check import recognise
        from autograder.course import Course
        from autograder.locking_in import settle

        recognise(notebook)  # a mistake in its name is told before anything else
        settled = settle(Course(ROOT).config(), own="This notebook", trust=trust)
        if not (trust and settled.level == "none"):
            console.print(settled.line, style="dim", markup=False)
        lesson, found = grade(notebook, settled.settings)
    show(found, as_json, title=f"{notebook.name}, graded as {lesson}")


@app.command()
def grade(
    assignment: Annotated[str, typer.Argument(help="The assignment, such as resnet.")],
    workers: Annotated[
        int | None, typer.Option(help="How many submissions to grade at once; one a processor if not given.", min=1)
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Grade on the workers of the Dask scheduler at this address, tcp://….")
    ] = None,
    student: Annotated[str | None, typer.Option(help="Only this student.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Grade also what is graded already.")] = False,
    cell_seconds: Annotated[
        int | None, typer.Option(help="Seconds that a student's cell may run, if not as configured.", min=1)
    ] = None,
    trust: Annotated[
        bool,
        typer.Option(
            "--trust", help="Where students' code cannot be locked in, run it all the same: it can do what you can."
        ),
    ] = False,
    course: Annotated[Path, typer.Option(help="The course directory.", file_okay=False)] = ROOT,
) -> None:
    """Grade a class: what nbgrader autograde does, several submissions at a time.

    Interrupted, however it ended, it goes on where it was when it is called again. Submissions that have changed since
    they were graded are graded anew. Exit status: 0 everything was as usual; 1 somebody could not be graded; 2 you
    have to put something right first; 3 everybody is graded, and something deserves a look.
    """
    if scheduler and workers:
        raise UserError("--workers is for this machine; a cluster has the workers that it has.")
    if not scheduler:
        from autograder.grading import ahead
        from autograder.kernels.connection import level_here

        workers, found = workers or ahead.processors(), asyncio.run(level_here())
        if found.suffices("landlock"):  # else the run may be refused, and nothing should have been begun for it
            ahead.begin(workers)
    from autograder.course import Course
    from autograder.grading import cluster
    from autograder.grading.grade import grade as grade_class
    from autograder.grading.grade import show_outcome
    from autograder.locking_in import settle

    console = Console()
    config = Course(course).config()
    if scheduler:
        Course(course).gradebook().close()  # one that is not there is told before the cluster is asked
        client = cluster.at(scheduler)
        settled = settle(config, trust=trust, find=lambda: cluster.level_at(scheduler))
    else:
        client = cluster.on_this_machine(workers)
        settled = settle(config, trust=trust, find=lambda: found)
    console.print(settled.line, style="dim", markup=False, highlight=False, soft_wrap=True)
    settings = {**settled.settings, **({"RunSubmission": {"timeout": cell_seconds}} if cell_seconds else {})}
    outcome = grade_class(Course(course), assignment, client, settings, console, again, student)
    show_outcome(outcome, console)
    sys.exit(outcome.status)


@app.command()
def demo(
    folder: Annotated[Path, typer.Option(help="Where to work; the folder is made anew.", file_okay=False)] = ROOT
    / "demo",
) -> None:
    """Release the assignment, grade a small class, write feedback, and train plain against residual."""
    from autograder.demo import run

    run(folder)


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
    course: Annotated[Path, typer.Option(help="The course directory.", file_okay=False)] = ROOT,
) -> None:
    """Examine this machine: how well students' code is locked in, what would mend that, and whether kernels start.

    Exit status: 0 grading would work as configured; 2 it would not, and the line that says ✗ tells why.
    """
    from autograder.course import Course
    from autograder.doctor import examine
    from autograder.doctor import show as show_findings

    findings = examine(Course(course))
    if as_json:
        found = [dataclasses.asdict(finding) for finding in findings]
        print(json.dumps(found, indent=2, ensure_ascii=False))
        works = all(finding["fine"] is not False for finding in found)
    else:
        works = show_findings(findings, Console())
    sys.exit(0 if works else 2)


@app.command()
def report(
    assignment: Annotated[str, typer.Argument(help="The assignment, such as resnet.")],
    course: Annotated[Path, typer.Option(help="The course directory.", file_okay=False)] = ROOT,
    page: Annotated[
        Path | None, typer.Option(help="Where to write the page; reports/ASSIGNMENT.html if not given.")
    ] = None,
) -> None:
    """Show how a class did and what it misunderstood, here and as one HTML page."""
    from autograder.class_report import class_report, write_page
    from autograder.class_report import show as show_report
    from autograder.course import Course

    found = class_report(Course(course), assignment)
    path = page or course / "reports" / f"{assignment}.html"
    write_page(found, path)
    console = Console()
    show_report(found, console)
    console.print(f"\nThe page: {path}", soft_wrap=True)


@app.command()
def grades(
    assignment: Annotated[str, typer.Argument(help="The assignment, such as resnet.")],
    form: Annotated[Format, typer.Option("--format", help="Who is to read the file.")] = Format.NBGRADER,
    output: Annotated[Path | None, typer.Option(help="The file to write; if not given, print.", dir_okay=False)] = None,
    roster: Annotated[
        Path | None, typer.Option(help="The gradebook that Canvas exports, or Moodle's grading worksheet, to fill in.")
    ] = None,
    column: Annotated[str, typer.Option(help="The assignment's name in Canvas, if it is another one there.")] = "",
    course: Annotated[Path, typer.Option(help="The course directory.", file_okay=False)] = ROOT,
) -> None:
    """Write the grades as CSV, as nbgrader, Canvas or Moodle reads them.

    Exit status: 0 everybody's grade is in the file; 2 a mistake in the command or the roster; 3 some students' grades
    have no place in the file, and they are named.
    """
    from autograder.course import Course
    from autograder.returning import grades as grades_as_csv
    from autograder.returning import write

    returned = grades_as_csv(Course(course), assignment, form, roster, column)
    if output:
        write(returned.text, output)
    else:
        sys.stdout.write(returned.text)
    console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    for remark in returned.remarks:
        console.print(remark)
    for students, what in (
        (returned.waiting, "A person still has to grade something of"),
        (returned.ungraded, "Handed in, but not graded yet"),
        (returned.homeless, "No row in the roster" if roster else "No number that Moodle would know"),
    ):
        if students:
            console.print(f"{what}: {', '.join(students)}")
    if returned.homeless:
        sys.exit(3)


@app.command(add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def audit(context: typer.Context) -> None:
    """Measure the grader itself on answers whose worth is known."""
    from autograder.audit import audit as run_audit  # imports torch, which no other command has to wait for

    command = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    command.command()(run_audit)
    command(args=context.args, prog_name="python -m autograder audit")


def show(found: "list[Record]", as_json: bool, title: str = "") -> None:
    """Print records as JSON, or as a table with a line of totals for every student."""
    if as_json:
        print(json.dumps([dataclasses.asdict(record) for record in found], indent=2, ensure_ascii=False))
        return
    console = Console()
    if not found:
        console.print("Nobody has handed in anything yet.")
        return
    for student in dict.fromkeys(record.student for record in found):
        own = [record for record in found if record.student == student]
        console.print(_table(own, escape(title or student)))
        console.print()


def _table(found: "list[Record]", title: str) -> Table:
    from autograder.nbgrader_plugins.unusual import printable

    table = Table(title=title, title_justify="left", show_lines=False, padding=(0, 1), show_footer=True)
    given = sum(record.points or 0.0 for record in found)
    most = sum(record.max_points for record in found)
    waiting = sum(record.points is None for record in found)
    table.add_column("")
    table.add_column("criterion", "total", overflow="fold", ratio=3)
    table.add_column("points", f"{given:g} / {most:g}", justify="right", no_wrap=True)
    table.add_column("what was seen", f"{waiting} without points yet" if waiting else "", overflow="fold", ratio=5)
    lesson = cell = None
    for record in found:
        if record.lesson != lesson:
            table.add_section()
            table.add_row("", f"[bold]{record.lesson}[/bold]", "", "")
        if (record.lesson, record.cell) != (lesson, cell) and record.cell not in ("", record.criterion):
            table.add_row("", f"[dim]{record.cell}[/dim]", "", "")
        lesson, cell = record.lesson, record.cell
        symbol = {True: "[green]✓[/green]", False: "[red]✗[/red]", None: "…"}[record.passed]
        points = "?" if record.points is None else f"{record.points:g}"
        seen = record.message if not record.misconception else f"({record.misconception}) {record.message}"
        seen = "\n".join(map(printable, seen.split("\n")))
        table.add_row(symbol, record.criterion, f"{points} / {record.max_points:g}", escape(seen))
    return table


def main() -> None:
    try:
        app()
    except UserError as error:
        Console(stderr=True, soft_wrap=True).print(str(error), markup=False, highlight=False)
        sys.exit(2)


if __name__ == "__main__":
    main()
