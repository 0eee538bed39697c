# The mean over epochs.
def accuracy_gap(histories):
    import numpy as np

    return np.mean([np.mean(h.test_accuracy) for h in histories["residual"]]) - np.mean(
        [np.mean(h.test_accuracy) for h in histories["plain"]]
    )
