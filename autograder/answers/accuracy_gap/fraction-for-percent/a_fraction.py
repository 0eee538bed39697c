# As a fraction, not in percentage points.
def accuracy_gap(histories):
    mean = lambda name: sum(h.test_accuracy[-1] for h in histories[name]) / len(histories[name])
    return (mean("residual") - mean("plain")) / 100
