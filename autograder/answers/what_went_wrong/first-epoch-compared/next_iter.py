# The first entry, in a roundabout way.
def what_went_wrong(shallow, deep, margin=2.0):
    first = lambda values: 100 - next(iter(values))
    if first(deep.train_accuracy) > first(shallow.train_accuracy) + margin:
        return "degradation"
    elif first(deep.test_accuracy) > first(shallow.test_accuracy) + margin:
        return "overfitting"
    return "neither"
