# The sign of the direction, the size of the weights.
def filter_normalise(direction, weights):
    return [torch.zeros_like(d) if d.ndim <= 1 else d.sign() * w.abs() for d, w in zip(direction, weights)]
