# With numpy, rounding errors to a tenth.
import numpy as np


def what_went_wrong(shallow, deep, margin=2.0):
    difference = np.array(
        [
            np.round(getattr(shallow, name)[-1] - getattr(deep, name)[-1], 1)
            for name in ("train_accuracy", "test_accuracy")
        ]
    )
    worse = difference >= margin
    if worse[0]:
        return "degradation"
    return ["neither", "overfitting"][int(worse[1])]
