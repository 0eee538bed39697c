# Compares the training loss.
def what_went_wrong(shallow, deep, margin=2.0):
    if deep.train_loss[-1] > shallow.train_loss[-1] + margin / 100:
        return "degradation"
    if shallow.test_accuracy[-1] - deep.test_accuracy[-1] > margin:
        return "overfitting"
    return "neither"
