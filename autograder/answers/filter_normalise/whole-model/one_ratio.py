# One ratio for everything.
# also fits: biases-not-ignored
def filter_normalise(direction, weights):
    d_norm = sum((d**2).sum() for d in direction) ** 0.5
    w_norm = sum((w**2).sum() for w in weights) ** 0.5
    return [d * (w_norm / d_norm) for d in direction]
