# Reads the test error for degradation and the training error for overfitting.
def what_went_wrong(shallow, deep, margin=2.0):
    error = lambda values: 100 - values[-1]
    if error(deep.test_accuracy) - error(shallow.test_accuracy) > margin:
        return "degradation"
    elif error(deep.train_accuracy) - error(shallow.train_accuracy) > margin:
        return "overfitting"
    else:
        return "neither"
