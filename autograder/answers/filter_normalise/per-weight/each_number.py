# Divides and multiplies number by number.
# also fits: biases-not-ignored
def filter_normalise(direction, weights):
    return [d / (d.abs() + 1e-10) * w.abs() for d, w in zip(direction, weights)]
