# The gap between the curves first, as in a textbook.
def what_went_wrong(shallow, deep, margin=2.0):
    gap = deep.train_accuracy[-1] - deep.test_accuracy[-1]
    if gap > margin:
        return "overfitting"
    if deep.train_accuracy[-1] < shallow.train_accuracy[-1] - margin:
        return "degradation"
    return "neither"
