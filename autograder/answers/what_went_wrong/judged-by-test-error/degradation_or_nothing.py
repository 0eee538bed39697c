# Only looks at the test pictures.
def what_went_wrong(shallow, deep, margin=2.0):
    if deep.test_accuracy[-1] < shallow.test_accuracy[-1] - margin:
        return "degradation"
    return "neither"
