# Without its sign.
def accuracy_gap(histories):
    mean = lambda name: sum(h.test_accuracy[-1] for h in histories[name]) / len(histories[name])
    return abs(mean("residual") - mean("plain"))
