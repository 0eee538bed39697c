"""The short training on the grader's GPU, for those who want to know whether what students wrote trains there, too.

A second kernel is given the GPU when everything has been measured without, and runs the notebook once more. There the
training is measured twice, on the processor and on the GPU, and what differs is said to the student and the instructor. It
decides no points: those are the processor's, the same on every machine. Where CUDA does not start, nothing more is tried.
One such kernel runs at a time on a machine, so a card that is exclusive is enough.
"""

import copy
import os
import tempfile
from pathlib import Path

from filelock import FileLock
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from autograder.gpu import START, error_in, with_gpu
from autograder.judges.devices import Trained, compared
from autograder.nbgrader_plugins.execute import LostKernel, RunSubmission
from autograder.nbgrader_plugins.judging import NoEvidence, evidence_in
from autograder.nbgrader_plugins.unusual import unusual
from autograder.rubric import graded_cell
from course_utils.evidence import GPU_VARIABLE, EvidenceError
from course_utils.measurements import TRAINED


class RunOnGpu(RunSubmission):
    """Runs a notebook in one kernel that is given the GPU; its first cell starts CUDA. Nothing that happens is recorded."""

    why_not = ""
    """Why CUDA did not start, in one line."""

    def _run_or_skip(self, index: int, cell: NotebookNode, seed: str) -> None:
        if self.why_not:
            return
        try:
            super()._run_or_skip(index, cell, seed)
        except LostKernel as lost:
            self.why_not = lost.trouble if index == 0 else ""
            raise
        if index == 0:
            self.why_not = next(filter(None, map(error_in, cell.outputs)), "")

    def _unusual(self, what: str) -> None:
        pass

    def _disturbed(self, what: str) -> None:
        pass


def train_on_gpu(runner: RunSubmission, book: NotebookNode) -> dict[str, tuple[str, ...]]:
    """Notes for the student by grade_id; what the instructor should know is unusual. book: as `runner` has run it."""
    ours = runner.resources["nbgrader"]
    names = {
        cell.metadata.nbgrader["grade_id"]: known.hand_in
        for cell in book.cells
        if cell.metadata.get("nbgrader", {}).get("grade")
        and (known := graded_cell(ours["assignment"], ours["notebook"], cell.metadata.nbgrader["grade_id"]))
        and known.hand_in in TRAINED
    }
    if not names:
        return {}
    try:
        again, runs, why_not = _run(runner, book)
    except Exception as error:  # whatever it is, there is a result already
        runner.log.warning("The second run, on the GPU, went wrong.", exc_info=True)
        again, runs, why_not = [], {}, f"{type(error).__name__}: {error}"
    if why_not:
        said = f"the short training was measured on the processor alone: CUDA does not start in a kernel ({why_not})"
        unusual(runner.log, ours["student"], ours["notebook"], said)
        return {}
    notes = {}
    for cell in again:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in names:
            trained = _trained(cell, names[grade_id], runs[grade_id])
            if trained.unusual:
                unusual(runner.log, ours["student"], ours["notebook"], f"{grade_id}: {trained.unusual}")
            notes[grade_id] = trained.notes
    return notes


def _run(runner: RunSubmission, book: NotebookNode) -> tuple[list[NotebookNode], dict, str]:
    """All cells of a second run, what is known of the graded ones, and why CUDA did not start or ""."""
    again = copy.deepcopy(book)
    again.cells.insert(0, new_code_cell(START))
    for cell in again.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    settings = {name: getattr(runner, name) for name in runner.trait_names(config=True)}
    settings |= {"gpu_training": False, "max_restarts": 0, "course": {**runner.course, GPU_VARIABLE: "1"}}
    second = RunOnGpu(**{**settings, "config": with_gpu(runner.config), "log": runner.log})
    user = os.getuid() if hasattr(os, "getuid") else "one"
    with FileLock(Path(tempfile.gettempdir()) / f"course-gpu-{user}.lock"):
        second.preprocess(again, copy.deepcopy(runner.resources))
    return again.cells, second.runs, second.why_not


def _trained(cell: NotebookNode, name: str, run) -> Trained:
    try:
        if run.trouble:
            raise NoEvidence(run.trouble)
        return compared(evidence_in(cell.outputs), name, run.seed)
    except Exception as error:  # what a kernel hands in can have any form
        reason = error if isinstance(error, (NoEvidence, EvidenceError)) else f"unreadable: {type(error).__name__}"
        return Trained(unusual=f"on the GPU nothing was measured ({reason})")
