# The first entry.
def what_went_wrong(shallow, deep, margin=2.0):
    if shallow.train_accuracy[0] - deep.train_accuracy[0] > margin:
        return "degradation"
    if shallow.test_accuracy[0] - deep.test_accuracy[0] > margin:
        return "overfitting"
    return "neither"
