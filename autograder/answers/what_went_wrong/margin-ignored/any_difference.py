# Any difference counts.
def what_went_wrong(shallow, deep, margin=2.0):
    if deep.train_accuracy[-1] < shallow.train_accuracy[-1]:
        return "degradation"
    if deep.test_accuracy[-1] < shallow.test_accuracy[-1]:
        return "overfitting"
    return "neither"
