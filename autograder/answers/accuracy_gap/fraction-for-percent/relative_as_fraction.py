# relative improvement
def accuracy_gap(histories):
    r = sum(h.test_accuracy[-1] for h in histories["residual"]) / len(histories["residual"])
    p = sum(h.test_accuracy[-1] for h in histories["plain"]) / len(histories["plain"])
    return (r - p) / p
