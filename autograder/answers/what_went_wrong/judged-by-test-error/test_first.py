# Nothing is wrong as long as the test error is fine.
def what_went_wrong(shallow, deep, margin=2.0):
    test = shallow.test_accuracy[-1] - deep.test_accuracy[-1]
    train = shallow.train_accuracy[-1] - deep.train_accuracy[-1]
    if test > margin:
        if train > margin:
            return "degradation"
        return "overfitting"
    return "neither"
