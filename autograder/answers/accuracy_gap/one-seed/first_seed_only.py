# The first seed only.
def accuracy_gap(histories):
    return histories["residual"][0].test_accuracy[-1] - histories["plain"][0].test_accuracy[-1]
