# A dict of what is worse, in the wrong order.
def what_went_wrong(shallow, deep, margin=2.0):
    worse = {
        "overfitting": deep.test_accuracy[-1] + margin < shallow.test_accuracy[-1],
        "degradation": deep.train_accuracy[-1] + margin < shallow.train_accuracy[-1],
        "neither": True,
    }
    return next(word for word, holds in worse.items() if holds)
