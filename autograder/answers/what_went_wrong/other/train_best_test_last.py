# best training epoch, last test epoch
def what_went_wrong(shallow, deep, margin=2.0):
    if max(shallow.train_accuracy) - max(deep.train_accuracy) > margin:
        return "degradation"
    if shallow.test_accuracy[-1] - deep.test_accuracy[-1] > margin:
        return "overfitting"
    return "neither"
