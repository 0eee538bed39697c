# One number for all.
def filter_normalise(direction, weights):
    total = lambda ts: torch.cat([t.flatten() for t in ts]).norm()
    s = total(weights) / total(direction)
    return [s * d if d.ndim > 1 else torch.zeros_like(d) for d in direction]
