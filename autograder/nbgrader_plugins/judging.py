"""From evidence to a grade: the judge is asked about every graded cell, and its verdict becomes the cell's output.

nbgrader reads a grade off a cell's outputs, and a student's code writes those. So the outputs are searched for exactly
one piece of evidence and then thrown away, all of them. What nbgrader reads afterwards is the number that the judge
gave, and nothing else: no print, no warning and no forged result is left to be read.
"""

import base64
import binascii
import contextlib
import ctypes
import dataclasses
import json
import math
import re
import threading
from collections.abc import Iterator

import torch
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Integer

from autograder.judge import judge
from autograder.nbgrader_plugins import KEY
from autograder.nbgrader_plugins.execute import EVIDENCE_TEXT
from autograder.nbgrader_plugins.reading import clean_text
from autograder.nbgrader_plugins.unusual import unusual
from autograder.report import verdict_html
from autograder.rubric import graded_cell
from autograder.verdict import Mark, Verdict
from course_utils.evidence import MIME

_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class NoEvidence(Exception):
    """Why a cell's outputs hold no evidence that can be judged, in words."""


class TooLong(BaseException):
    """The judge took too long. No Exception, so that nothing on the way takes it for a candidate's own."""


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TooLong in this thread, whichever it is, where the block takes longer."""
    here, over, one_at_a_time = threading.get_ident(), False, threading.Lock()

    def stop() -> None:
        with one_at_a_time:
            if not over:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(here), ctypes.py_object(TooLong))

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        with one_at_a_time:
            over = True
        timer.cancel()


def evidence_in(outputs: list[NotebookNode]) -> bytes:
    """The one piece of evidence in a cell's outputs. Raises NoEvidence for none, for several, and for broken ones."""
    found = [output["data"][MIME] for output in outputs if MIME in output.get("data", {})]
    if not found:
        raise NoEvidence(_own_error(outputs) or "the cell ran, but nothing was handed in")
    if len(found) > 1:
        raise NoEvidence("more than one piece of evidence was handed in, and only the cell's own counts")
    text = found[0]
    if not isinstance(text, str) or len(text) > EVIDENCE_TEXT:
        raise NoEvidence("what was handed in is too large, or not in the form that hand_in gives it")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoEvidence("what was handed in is not in the form that hand_in gives it") from error


def _own_error(outputs: list[NotebookNode]) -> str:
    """The error that a cell ended with, in one line, or nothing."""
    for output in outputs:
        if output.output_type == "error":
            text = _COLOURS.sub("", str(output.get("evalue", ""))).strip().splitlines()
            return f"the cell stopped with {output.get('ename', 'an error')}" + (f": {text[0][:300]}" if text else "")
    return ""


def scaled(verdict: Verdict, points: float) -> Verdict:
    """The verdict worth `points` in all, for an instructor who gave the cell other points than the rubric."""
    if verdict.max_points == points:
        return verdict
    factor = points / verdict.max_points if verdict.max_points else 0.0
    marks = tuple(
        dataclasses.replace(mark, points=mark.points * factor, max_points=mark.max_points * factor)
        for mark in verdict.marks
    )
    return dataclasses.replace(verdict, marks=marks)


def check(verdict: Verdict) -> Verdict:
    """The verdict, if its points make sense. Raises ValueError otherwise: nbgrader takes nonsense for full marks."""
    for mark in verdict.marks:
        if not (math.isfinite(mark.points) and 0 <= mark.points <= mark.max_points):
            raise ValueError(f"criterion {mark.criterion} was given {mark.points} of {mark.max_points} points")
    return verdict


def _writable(verdict: Verdict) -> Verdict:
    """The verdict without lone surrogates, which an error's text can have and no file can hold."""
    return Verdict.from_dict(json.loads(clean_text(json.dumps(verdict.to_dict(), ensure_ascii=False))))


class JudgeHandIns(NbGraderPreprocessor):
    """Replaces the outputs of every graded cell by the judge's verdict. Comes after running, before saving grades."""

    timeout = Integer(120, help="Seconds that judging one cell may take; after that a person has to.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # small work: threads would mostly wait for each other, and for other graders'
        try:
            return self._judge_all(nb, resources)
        finally:
            torch.set_num_threads(threads)

    def _judge_all(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        self.record = nb.metadata.get(KEY, {})
        self.runs = resources.get(KEY, {}).get("runs", {})
        self.on_gpu = resources.get(KEY, {}).get("on_gpu", {})
        self.answer_error = ""  # of the answer cell that was passed last
        return super().preprocess(nb, resources)

    def preprocess_cell(self, cell: NotebookNode, resources: dict, index: int) -> tuple[NotebookNode, dict]:
        if cell.cell_type == "code" and utils.is_solution(cell):
            self.answer_error = _own_error(cell.outputs)
        elif cell.cell_type == "code" and utils.is_grade(cell):
            self._judge(cell, resources["nbgrader"])
        return cell, resources

    def _judge(self, cell: NotebookNode, ours: dict) -> None:
        grade_id = cell.metadata.nbgrader["grade_id"]
        most = float(cell.metadata.nbgrader["points"])
        seed = self.runs.get(grade_id, {}).get("seed", "")
        for_a_person = False
        try:
            with at_most(self.timeout):
                verdict = check(scaled(self._verdict(cell, grade_id, seed, ours), most))
        except (Exception, TooLong):
            # A bug of ours must not cost a student points, nor anybody else their grade.
            self.log.error("The judge failed on %s of %s.", grade_id, ours["student"], exc_info=True)
            unusual(
                self.log, ours["student"], ours["notebook"], f"{grade_id}: the judge failed; a person has to grade it"
            )
            for_a_person = True
            failed = Mark("for-a-person", 0.0, most, "A person grades this cell.", "the grader failed here, not you")
            verdict = Verdict(grade_id, (failed,))
        notes = (*self.record.get("notes", {}).get(grade_id, ()), *self.on_gpu.get(grade_id, ()))
        verdict = _writable(dataclasses.replace(verdict, notes=(*verdict.notes, *notes)))
        points = float(min(round(verdict.points, 6), most))
        cell.outputs = [
            new_output(
                "execute_result",
                data={"text/plain": repr(points), "text/html": verdict_html(verdict, for_a_person)},
                execution_count=cell.execution_count,
            )
        ]
        cell.metadata[KEY] = NotebookNode(verdict.to_dict(), points=points, seed=seed, for_a_person=for_a_person)

    def _verdict(self, cell: NotebookNode, grade_id: str, seed: str, ours: dict) -> Verdict:
        known = graded_cell(ours["assignment"], ours["notebook"], grade_id)
        if known is None:
            reason = (
                "nothing is known about how to judge this cell, so it is worth no points; please tell your instructor"
            )
            unusual(self.log, ours["student"], ours["notebook"], f"{grade_id} is not in the rubric: worth no points")
            return Verdict(
                grade_id, (Mark("not-in-rubric", 0.0, float(cell.metadata.nbgrader["points"]), grade_id, reason),)
            )
        evidence, trouble = None, ""
        if self.record.get("unreadable"):
            trouble = f"the notebook could not be read: {self.record['unreadable']}"
        elif not seed:
            trouble = self.runs.get(grade_id, {}).get("trouble") or "the cell was not run"
        elif not (trouble := self.runs[grade_id]["trouble"]):
            try:
                evidence = evidence_in(cell.outputs)
            except NoEvidence as reason:
                trouble = str(reason)
                if "NameError" in trouble and self.answer_error:
                    trouble += f"; before that, {self.answer_error.replace('the cell', 'the cell of your answer', 1)}"
                if grade_id not in self.record.get("unanswered", ()):
                    unusual(self.log, ours["student"], ours["notebook"], f"{grade_id}: {trouble}")
        return judge(known, evidence, seed, trouble)
