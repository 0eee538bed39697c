# With numpy.
def accuracy_gap(histories):
    import numpy as np

    final = {name: np.array([h.test_accuracy[-1] for h in runs]) for name, runs in histories.items()}
    return (final["residual"] - final["plain"]).mean()
