# No margin for the test error.
def what_went_wrong(shallow, deep, margin=2.0):
    if shallow.train_accuracy[-1] - deep.train_accuracy[-1] > margin:
        return "degradation"
    if shallow.test_accuracy[-1] > deep.test_accuracy[-1]:
        return "overfitting"
    return "neither"
