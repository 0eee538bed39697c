# The words as members of an enumeration of strings.
from enum import Enum


class Verdict(str, Enum):
    DEGRADATION = "degradation"
    OVERFITTING = "overfitting"
    NEITHER = "neither"


def what_went_wrong(shallow, deep, margin=2.0):
    if shallow.train_accuracy[-1] - deep.train_accuracy[-1] > margin:
        return Verdict.DEGRADATION
    if shallow.test_accuracy[-1] - deep.test_accuracy[-1] > margin:
        return Verdict.OVERFITTING
    return Verdict.NEITHER
