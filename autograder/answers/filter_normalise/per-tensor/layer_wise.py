# "Layer" normalisation, biases included.
# also fits: biases-not-ignored
def filter_normalise(direction, weights):
    return [d / d.norm() * w.norm() for d, w in zip(direction, weights)]
