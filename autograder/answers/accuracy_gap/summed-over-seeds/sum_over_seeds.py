# The sum over seeds.
def accuracy_gap(histories):
    return sum(r.test_accuracy[-1] - p.test_accuracy[-1] for p, r in zip(histories["plain"], histories["residual"]))
