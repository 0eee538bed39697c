# Every tensor gets norm 1.
# also fits: per-tensor
def filter_normalise(direction, weights):
    return [d / d.norm() if d.ndim > 1 else d * 0 for d, w in zip(direction, weights)]
