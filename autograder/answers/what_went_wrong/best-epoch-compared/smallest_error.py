# The smallest error.
def what_went_wrong(shallow, deep, margin=2.0):
    error = {
        (name, field): min(100 - a for a in getattr(history, field))
        for name, history in (("s", shallow), ("d", deep))
        for field in ("train_accuracy", "test_accuracy")
    }
    if error["d", "train_accuracy"] > error["s", "train_accuracy"] + margin:
        return "degradation"
    if error["d", "test_accuracy"] > error["s", "test_accuracy"] + margin:
        return "overfitting"
    return "neither"
