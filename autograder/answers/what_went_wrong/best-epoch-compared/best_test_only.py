# The final training error, but the best test error.
def what_went_wrong(shallow, deep, margin=2.0):
    if deep.train_accuracy[-1] < shallow.train_accuracy[-1] - margin:
        return "degradation"
    if sorted(deep.test_accuracy)[-1] < sorted(shallow.test_accuracy)[-1] - margin:
        return "overfitting"
    return "neither"
