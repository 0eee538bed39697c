# Biases are left as they are.
def filter_normalise(direction, weights):
    out = []
    for d, w in zip(direction, weights):
        if d.ndim > 1:
            d = torch.stack([f / (f.norm() + 1e-10) * g.norm() for f, g in zip(d, w)])
        out.append(d)
    return out
