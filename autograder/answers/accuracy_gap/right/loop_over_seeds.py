# Sums over an index.
def accuracy_gap(histories):
    n = len(histories["plain"])
    total = 0.0
    for i in range(n):
        total += histories["residual"][i].test_accuracy[len(histories["residual"][i].test_accuracy) - 1]
        total -= histories["plain"][i].test_accuracy[-1]
    gap = total / n
    print("gap:", gap)
    return gap
