# The same in errors.
def what_went_wrong(shallow, deep, margin=2.0):
    training = 100 - deep.train_accuracy[-1]
    test = 100 - deep.test_accuracy[-1]
    if training > (100 - shallow.train_accuracy[-1]) + margin:
        return "degradation"
    return "overfitting" if test > training + margin else "neither"
