# Unpacks the first of each.
def what_went_wrong(shallow, deep, margin=2.0):
    (a, *_), (b, *_) = shallow.train_accuracy, deep.train_accuracy
    (c, *_), (d, *_) = shallow.test_accuracy, deep.test_accuracy
    return "degradation" if a - b > margin else "overfitting" if c - d > margin else "neither"
