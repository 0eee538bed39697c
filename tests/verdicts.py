"""What the judge says of one answer, for tests: measured and judged in this process, under one seed."""

from autograder.audit import CELLS
from autograder.judge import judge
from autograder.verdict import Verdict
from course_utils.evidence import measured

SEED = "a seed"


def verdict_on(name: str, answer: object, seed: str = SEED) -> Verdict:
    return judge(CELLS[name], measured(name, answer, seed), seed)


def lost(verdict: Verdict) -> set[str]:
    """The criteria that are not met."""
    return {mark.criterion for mark in verdict.marks if not mark.passed}


def named(verdict: Verdict) -> list[str]:
    """The misconceptions that are named."""
    return [diagnosis.misconception for diagnosis in verdict.diagnoses]
