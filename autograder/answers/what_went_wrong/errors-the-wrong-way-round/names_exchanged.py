# deep and shallow exchanged.
def what_went_wrong(shallow, deep, margin=2.0):
    shallow, deep = deep, shallow
    if 100 - deep.train_accuracy[-1] > 100 - shallow.train_accuracy[-1] + margin:
        return "degradation"
    if 100 - deep.test_accuracy[-1] > 100 - shallow.test_accuracy[-1] + margin:
        return "overfitting"
    return "neither"
