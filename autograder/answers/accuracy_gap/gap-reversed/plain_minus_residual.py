# The other way round.
def accuracy_gap(histories):
    plain = [h.test_accuracy[-1] for h in histories["plain"]]
    residual = [h.test_accuracy[-1] for h in histories["residual"]]
    return sum(plain) / len(plain) - sum(residual) / len(residual)
