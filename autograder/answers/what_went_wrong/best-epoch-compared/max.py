# The best accuracy of each curve.
def what_went_wrong(shallow, deep, margin=2.0):
    if max(shallow.train_accuracy) - max(deep.train_accuracy) > margin:
        return "degradation"
    if max(shallow.test_accuracy) - max(deep.test_accuracy) > margin:
        return "overfitting"
    return "neither"
