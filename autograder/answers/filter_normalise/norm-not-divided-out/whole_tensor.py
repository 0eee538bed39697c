# Times the norm of the whole tensor.
def filter_normalise(direction, weights):
    return [d * w.norm() if d.ndim > 1 else torch.zeros_like(d) for d, w in zip(direction, weights)]
