# d times |w|.
def filter_normalise(direction, weights):
    out = []
    for d, w in zip(direction, weights):
        out.append(d * w.abs() if d.ndim > 1 else torch.zeros_like(d))
    return out
