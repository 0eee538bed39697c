# Best epoch, rounded to a tenth.
def accuracy_gap(histories):
    def best(name):
        return sum(max(h.test_accuracy) for h in histories[name]) / len(histories[name])
    return round(best("residual") - best("plain"), 1)
