# Relative to plain, in percent.
def accuracy_gap(histories):
    mean = lambda name: sum(h.test_accuracy[-1] for h in histories[name]) / len(histories[name])
    return 100 * (mean("residual") - mean("plain")) / mean("plain")
