# The last seed only.
def accuracy_gap(histories):
    return histories["residual"][-1].test_accuracy[-1] - histories["plain"][-1].test_accuracy[-1]
