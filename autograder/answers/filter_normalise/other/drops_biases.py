# Leaves the biases out of the list.
def filter_normalise(direction, weights):
    out = []
    for d, w in zip(direction, weights):
        if d.ndim > 1:
            out.append(torch.stack([f * (g.norm() / (f.norm() + 1e-10)) for f, g in zip(d, w)]))
    return out
