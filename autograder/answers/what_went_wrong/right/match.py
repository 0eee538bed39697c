# Pattern matching.
def what_went_wrong(shallow, deep, margin=2.0):
    trained_worse = (100 - deep.train_accuracy[-1]) - (100 - shallow.train_accuracy[-1]) > margin
    tested_worse = (100 - deep.test_accuracy[-1]) - (100 - shallow.test_accuracy[-1]) > margin
    match trained_worse, tested_worse:
        case True, _:
            answer = "degradation"
        case False, True:
            answer = "overfitting"
        case _:
            answer = "neither"
    print(answer)
    return answer
