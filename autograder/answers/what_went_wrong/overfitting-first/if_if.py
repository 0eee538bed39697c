# Asks about the test error first.
def what_went_wrong(shallow, deep, margin=2.0):
    if shallow.test_accuracy[-1] - deep.test_accuracy[-1] > margin:
        return "overfitting"
    if shallow.train_accuracy[-1] - deep.train_accuracy[-1] > margin:
        return "degradation"
    return "neither"
