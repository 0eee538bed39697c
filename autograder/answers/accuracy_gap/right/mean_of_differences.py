# The mean of the differences, seed by seed.
def accuracy_gap(histories):
    gaps = []
    for p, r in zip(histories["plain"], histories["residual"]):
        gaps.append(r.test_accuracy[-1] - p.test_accuracy[-1])
    return sum(gaps) / len(gaps)
