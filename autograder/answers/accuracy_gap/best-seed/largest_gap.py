# the largest gap of all seeds
def accuracy_gap(histories):
    return max(r.test_accuracy[-1] - p.test_accuracy[-1] for p, r in zip(histories["plain"], histories["residual"]))
