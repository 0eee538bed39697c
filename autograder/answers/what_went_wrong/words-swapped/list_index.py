# An index into the wrong order of words.
def what_went_wrong(shallow, deep, margin=2.0):
    lost = [
        s[-1] - d[-1]
        for s, d in ((shallow.train_accuracy, deep.train_accuracy), (shallow.test_accuracy, deep.test_accuracy))
    ]
    words = ["overfitting", "degradation"]
    for word, amount in zip(words, lost):
        if amount > margin:
            return word
    return "neither"
