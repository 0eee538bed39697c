# A number for a word.
def what_went_wrong(shallow, deep, margin=2.0):
    return shallow.train_accuracy[-1] - deep.train_accuracy[-1] > margin
