# plain - residual, rounded to two digits.
def accuracy_gap(histories):
    mean = lambda k: sum(h.test_accuracy[-1] for h in histories[k]) / len(histories[k])
    return round(mean("plain") - mean("residual"), 2)
