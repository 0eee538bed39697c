# The same with torch, of errors.
def what_went_wrong(shallow, deep, margin=2.0):
    def error(values):
        return (100 - torch.tensor(values, dtype=torch.float64)).mean()

    if error(deep.train_accuracy) - error(shallow.train_accuracy) > margin:
        return "degradation"
    if error(deep.test_accuracy) - error(shallow.test_accuracy) > margin:
        return "overfitting"
    return "neither"
