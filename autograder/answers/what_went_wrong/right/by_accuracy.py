# Stays with accuracies; one expression.
def what_went_wrong(shallow, deep, margin=2.0):
    lost_in_training = shallow.train_accuracy[-1] - deep.train_accuracy[-1]
    lost_in_test = shallow.test_accuracy[-1] - deep.test_accuracy[-1]
    return "degradation" if lost_in_training > margin else "overfitting" if lost_in_test > margin else "neither"
