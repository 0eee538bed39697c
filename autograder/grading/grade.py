"""Grading a class: who is left, who grades whom, and what is said about it.

Only twice as many submissions are on their way as there are workers, so a class of any size fits into memory. What a dying
worker had begun, what failed, and what may have been disturbed by others (no processor, no memory) is graded once more at
the end, by itself, so nobody loses points or is set aside for what another submission did.
"""

import contextlib
import errno
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from distributed import Client, Future, KilledWorker, as_completed
from filelock import FileLock, Timeout
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from sqlalchemy.exc import OperationalError

from autograder.course import Course, listening
from autograder.errors import UserError
from autograder.grading.files import pack
from autograder.grading.keeping import keep, kept, released
from autograder.grading.worker import Assignment, Graded, Submission, grade_submission
from autograder.nbgrader_plugins import unusual
from autograder.nbgrader_plugins.look_over import look_over
from autograder.nbgrader_plugins.reading import not_fit, other_files

LOCK = ".grading.lock"
_FOR_EVERYBODY = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)  # trouble with the disk, not with a submission


@dataclass
class Outcome:
    """What has become of a class. unusual and failed: what deserves a look, and why there is no grade, by student."""

    graded: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    unusual: dict[str, tuple[str, ...]] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)

    @property
    def status(self) -> int:
        """An exit status, as `nbgrader autograde` has it (see nbgrader_config.py)."""
        return 1 if self.failed or self.left else unusual.STATUS if any(self.unusual.values()) else 0


def grade(
    course: Course,
    assignment: str,
    client: contextlib.AbstractContextManager[Client],
    settings: dict[str, dict[str, object]],
    console: Console,
    again: bool = False,
    only: str | None = None,
) -> Outcome:
    """Grade every submission that is not graded yet, or, `again`, every one; `only` one student's where named.

    client: entered when there is something to do. settings: those that nbgrader_config.py has otherwise. What cannot be
    graded is in the outcome. Raises UserError.
    """
    outcome = Outcome()
    try:
        with FileLock(course.root / LOCK, timeout=0):
            todo = _plan(course, assignment, outcome, again, only)
            if todo:
                package = released(course, assignment, settings)
                with _interruptible(), client as workers:
                    _Run(course, package, workers, outcome, todo, console).run()
    except Timeout:
        raise UserError(f"Somebody is grading {course.root} already; {course.root / LOCK} says so.") from None
    return outcome


def _plan(course: Course, assignment: str, outcome: Outcome, again: bool, only: str | None) -> list[str]:
    """The students whose submissions are to be graded now."""
    students = course.students("submitted", assignment)
    if only is not None:
        if only not in students:
            raise UserError(f"Nobody called {only!r} has handed in {assignment!r} in {course.root}.")
        students = [only]
    if not students:
        folder = course.folder("submitted", "STUDENT", assignment)
        raise UserError(f"Nobody has handed in anything: there is no folder {folder}.")
    todo = []
    for student in students:
        try:
            if _is_to_be_graded(course, assignment, student, outcome, again):
                todo.append(student)
        except (OSError, RuntimeError, ValueError, MemoryError) as error:  # one folder must not stop the others
            outcome.failed[student] = _unreadable(error)
    return todo


def _unreadable(error: Exception) -> str:
    return f"the folder that was handed in cannot be read; look at it by hand ({type(error).__name__}: {error})"


def _is_to_be_graded(course: Course, assignment: str, student: str, outcome: Outcome, again: bool) -> bool:
    """Whether a submission is graded now; where not, the outcome says why. Raises what a broken folder raises."""
    if why := not_fit(course.folder("submitted", student, assignment)):
        outcome.unusual[student] = (f"{student!a}: {why}, so nothing is graded",)
        return False
    found = _look_over(course, assignment, student)
    record = None if again else kept(course, assignment, student)
    folder = course.folder("submitted", student, assignment)
    if not any(folder.glob("*.ipynb")):
        nothing = f"{student}: no notebook was handed in{other_files(folder)}, so nothing is graded"
        outcome.unusual[student] = (*found, unusual.printable(nothing))
        return False
    if record is None or record.submission != _submission(course, assignment, student).digest:
        outcome.unusual[student] = found
        return True
    outcome.before.append(student)
    outcome.unusual[student] = record.unusual
    return False


def _look_over(course: Course, assignment: str, student: str) -> tuple[str, ...]:
    """Make a submission fit to be copied (see look_over.py). Returns what was unusual."""
    before = len(unusual.seen())
    with listening():
        folder = course.folder("submitted", student, assignment)
        look_over(assignment, student, [str(path) for path in folder.glob("*.ipynb")] or [str(folder / "none.ipynb")])
    return unusual.seen()[before:]


def _submission(course: Course, assignment: str, student: str) -> Submission:
    return Submission(student, pack(course.folder("submitted", student, assignment), course.directory.ignore))


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Where a terminal or a batch system asks us to end, we end as with Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Run:
    """One run over the submissions in `todo`."""

    def __init__(
        self, course: Course, package: Assignment, client: Client, outcome: Outcome, todo: list[str], console: Console
    ):
        self.course, self.package, self.client, self.outcome = course, package, client, outcome
        self.waiting, self.console = list(reversed(todo)), console
        self.running: dict[Future, Submission] = {}
        self.suspects: list[str] = []  # they did harm, or suffered it from what ran beside them: they are graded alone
        self.tried_alone: set[str] = set()
        self.ended = as_completed(loop=client.loop)

    def run(self) -> None:
        columns = TextColumn("[bold]grading"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        columns += TextColumn("left:"), TimeRemainingColumn(), TextColumn("{task.description}")
        with Progress(*columns, console=self.console) as self.progress:
            waits = "starting" if self.client.nthreads() else "waiting until the cluster has a worker"
            self.bar = self.progress.add_task(waits, total=len(self.waiting))
            try:
                self._send()
                for future in self.ended:
                    self._receive(future, self.running[future])
                    del self.running[future]  # not earlier: an interruption leaves it over
                    future.release()  # else it is graded again when the worker that has its result dies
                    self._send()
            except KeyboardInterrupt:
                self.console.print("Interrupted.")
            finally:
                begun = [one.student for one in self.running.values()]
                self.outcome.left = sorted({*begun, *self.waiting, *self.suspects})
                self.client.cancel(list(self.running), force=True)

    def _send(self) -> None:
        """Give every free worker something to do, and have as much again ready, for while we save what has come back."""
        room = 2 * max(1, sum(self.client.nthreads().values()))
        while self.waiting and len(self.running) < room:
            self._submit(self.waiting.pop())
        if self.suspects and not self.running:
            self.tried_alone.add(self.suspects[-1])
            self._submit(self.suspects.pop())

    def _submit(self, student: str) -> None:
        try:
            submission = _submission(self.course, self.package.name, student)
        except (OSError, RuntimeError, ValueError, MemoryError) as error:
            self._fail(student, _unreadable(error))
            return
        future = self.client.submit(grade_submission, self.package, submission, pure=False)
        self.running[future] = submission
        self.ended.add(future)

    def _receive(self, future: Future, submission: Submission) -> None:
        """Keep a result, or note why there is none."""
        student = submission.student
        try:
            graded: Graded = future.result()
        except KilledWorker:
            self._fail_once(student, "it ended two workers that graded it, so it is set aside; look at it by hand")
            return
        except Exception as error:  # of a worker's machine: no student's code runs there
            self._fail_once(student, f"grading it failed: {type(error).__name__}: {error}")
            return
        if graded.failed:
            self._fail_once(student, graded.failed)
            return
        if graded.disturbed and student not in self.tried_alone and sum(self.client.nthreads().values()) > 1:
            self.suspects.append(student)
            return
        graded = replace(graded, unusual=(*self.outcome.unusual[student], *graded.unusual))
        try:
            keep(self.course, self.package, submission, graded)
        except Exception as error:
            if not isinstance(error, OperationalError) and getattr(error, "errno", None) not in _FOR_EVERYBODY:
                self._fail(student, f"its grade cannot be saved: {type(error).__name__}: {error}")
                return
            reason = getattr(error, "strerror", None) or getattr(error, "orig", None) or error
            raise UserError(
                f"The result of {student} cannot be written: {reason}. {len(self.outcome.graded)} submissions were graded"
                " in this run and are kept. Put that right and give the same command again: it grades the others."
            ) from error
        self.outcome.graded.append(student)
        self.outcome.unusual[student] = graded.unusual
        self._show(student)

    def _fail_once(self, student: str, reason: str) -> None:
        """Give a submission another chance, by itself; its second failure stands."""
        if student in self.tried_alone:
            self._fail(student, reason)
        else:
            self.suspects.append(student)

    def _fail(self, student: str, reason: str) -> None:
        self.outcome.failed[student] = reason
        self._show(student)

    def _show(self, student: str) -> None:
        failed = f"[red]{len(self.outcome.failed)} failed[/red] " if self.outcome.failed else ""
        self.progress.update(self.bar, advance=1, description=f"{failed}{escape(student)}")
        if not self.console.is_terminal:  # where no bar can be drawn, such as in the log of a batch system
            done, total = (int(self.progress.tasks[0].completed), int(self.progress.tasks[0].total))
            self.console.print(f"{done} of {total}: {student}", markup=False, highlight=False)


def show_outcome(outcome: Outcome, console: Console) -> None:
    """Say how many were graded, and what deserves a look."""
    parts = [f"[bold]{len(outcome.graded)} graded[/bold]"]
    if outcome.before:
        parts.append(f"{len(outcome.before)} had been graded before")
    if outcome.failed:
        parts.append(f"[red]{len(outcome.failed)} could not be graded[/red]")
    if outcome.left:
        parts.append(f"{len(outcome.left)} left: give the same command again to go on")
    console.print("; ".join(parts) + ".")
    for student, reason in sorted(outcome.failed.items()):
        console.print(f"[red]✗[/red] [bold]{escape(student)}[/bold]: {escape(reason)}", highlight=False)
    said = [text for student in sorted(outcome.unusual) for text in outcome.unusual[student]]
    if said:
        console.print(f"\n{len(said)} unusual, worth a look:")
    for text in said:
        console.print(f"  {escape(text)}", highlight=False, soft_wrap=True)
