# Errors in percent, then the rule.
def what_went_wrong(shallow, deep, margin=2.0):
    def errors(history):
        return 100 - history.train_accuracy[-1], 100 - history.test_accuracy[-1]

    train_shallow, test_shallow = errors(shallow)
    train_deep, test_deep = errors(deep)
    if train_deep > train_shallow + margin:
        return "degradation"
    if test_deep > test_shallow + margin:
        return "overfitting"
    return "neither"
