# Two ifs; the second overwrites the first.
def what_went_wrong(shallow, deep, margin=2.0):
    answer = "neither"
    if 100 - deep.train_accuracy[-1] > 100 - shallow.train_accuracy[-1] + margin:
        answer = "degradation"
    if 100 - deep.test_accuracy[-1] > 100 - shallow.test_accuracy[-1] + margin:
        answer = "overfitting"
    return answer
