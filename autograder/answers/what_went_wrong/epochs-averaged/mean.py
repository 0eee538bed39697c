# Averages over epochs.
def what_went_wrong(shallow, deep, margin=2.0):
    mean = lambda values: sum(values) / len(values)
    if mean(shallow.train_accuracy) - mean(deep.train_accuracy) > margin:
        return "degradation"
    if mean(shallow.test_accuracy) - mean(deep.test_accuracy) > margin:
        return "overfitting"
    return "neither"
