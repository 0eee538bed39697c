# Subtracts lists.
def accuracy_gap(histories):
    return [h.test_accuracy[-1] for h in histories["residual"]] - [h.test_accuracy[-1] for h in histories["plain"]]
