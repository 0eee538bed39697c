# The default, whatever is given.
def what_went_wrong(shallow, deep, margin=2.0):
    if shallow.train_accuracy[-1] - deep.train_accuracy[-1] > 2:
        return "degradation"
    if shallow.test_accuracy[-1] - deep.test_accuracy[-1] > 2:
        return "overfitting"
    return "neither"
