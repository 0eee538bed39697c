# Biases get the norm of the biases.
def filter_normalise(direction, weights):
    out = []
    for d, w in zip(direction, weights):
        if d.ndim <= 1:
            out.append(d * w.norm() / d.norm())
        else:
            view = (-1,) + (1,) * (d.ndim - 1)
            out.append(d * w.flatten(1).norm(dim=1).view(view) / (d.flatten(1).norm(dim=1).view(view) + 1e-10))
    return out
