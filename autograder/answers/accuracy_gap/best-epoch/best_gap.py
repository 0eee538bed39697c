# The epoch with the largest gap of the means.
import numpy as np
def accuracy_gap(histories):
    r = np.mean([h.test_accuracy for h in histories["residual"]], 0)
    p = np.mean([h.test_accuracy for h in histories["plain"]], 0)
    return float(r.max() - p.max())
