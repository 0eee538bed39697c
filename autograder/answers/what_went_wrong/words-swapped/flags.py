# With flags, and the names exchanged.
def what_went_wrong(shallow, deep, margin=2.0):
    a = (100 - deep.train_accuracy[-1]) - (100 - shallow.train_accuracy[-1]) > margin
    b = (100 - deep.test_accuracy[-1]) - (100 - shallow.test_accuracy[-1]) > margin
    return "overfitting" if a else ("degradation" if b else "neither")
