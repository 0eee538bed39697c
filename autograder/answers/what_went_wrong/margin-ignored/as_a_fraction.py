# Reads percentage points as percent of one.
def what_went_wrong(shallow, deep, margin=2.0):
    tolerance = margin / 100
    train = (100 - deep.train_accuracy[-1]) - (100 - shallow.train_accuracy[-1])
    test = (100 - deep.test_accuracy[-1]) - (100 - shallow.test_accuracy[-1])
    if train > tolerance:
        return "degradation"
    if test > tolerance:
        return "overfitting"
    return "neither"
