# Takes one word for the other.
def what_went_wrong(shallow, deep, margin=2.0):
    if deep.train_accuracy[-1] < shallow.train_accuracy[-1] - margin:
        return "overfitting"
    if deep.test_accuracy[-1] < shallow.test_accuracy[-1] - margin:
        return "degradation"
    return "neither"
