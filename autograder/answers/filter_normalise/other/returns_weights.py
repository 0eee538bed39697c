# The directions of the weights, the norms of the direction.
def filter_normalise(direction, weights):
    out = []
    for d, w in zip(direction, weights):
        if d.ndim <= 1:
            out.append(torch.zeros_like(d))
        else:
            out.append(torch.stack([g * (f.norm() / (g.norm() + 1e-10)) for f, g in zip(d, w)]))
    return out
