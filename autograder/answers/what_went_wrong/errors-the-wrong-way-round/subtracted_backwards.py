# shallow minus deep, of errors.
def what_went_wrong(shallow, deep, margin=2.0):
    train = (100 - shallow.train_accuracy[-1]) - (100 - deep.train_accuracy[-1])
    test = (100 - shallow.test_accuracy[-1]) - (100 - deep.test_accuracy[-1])
    return "degradation" if train > margin else "overfitting" if test > margin else "neither"
