# The difference of the means.
def accuracy_gap(histories):
    plain = [h.test_accuracy[-1] for h in histories["plain"]]
    residual = [h.test_accuracy[-1] for h in histories["residual"]]
    return sum(residual) / len(residual) - sum(plain) / len(plain)
