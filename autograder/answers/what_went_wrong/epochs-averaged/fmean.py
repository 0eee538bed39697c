# statistics.fmean.
from statistics import fmean


def what_went_wrong(shallow, deep, margin=2.0):
    train, test = (
        fmean(getattr(shallow, name)) - fmean(getattr(deep, name)) for name in ("train_accuracy", "test_accuracy")
    )
    if train > margin:
        return "degradation"
    return "overfitting" if test > margin else "neither"
