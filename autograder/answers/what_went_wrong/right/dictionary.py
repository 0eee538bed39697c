# A small table; capital letters.
def what_went_wrong(shallow, deep, margin=2.0):
    train = deep.train_accuracy[-1] <= shallow.train_accuracy[-1] - margin
    test = deep.test_accuracy[-1] <= shallow.test_accuracy[-1] - margin
    table = {
        (True, True): "Degradation",
        (True, False): "Degradation",
        (False, True): "Overfitting",
        (False, False): "Neither",
    }
    return table[train, test]
