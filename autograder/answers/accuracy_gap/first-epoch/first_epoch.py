# The first epoch.
def accuracy_gap(histories):
    mean = lambda name: sum(h.test_accuracy[0] for h in histories[name]) / len(histories[name])
    return mean("residual") - mean("plain")
