# A loop without a guard.
def filter_normalise(direction, weights):
    out = []
    for d, w in zip(direction, weights):
        if d.ndim <= 1:
            out.append(d * 0)
        else:
            out.append(torch.stack([f * (g.norm() / f.norm()) for f, g in zip(d, w)]))
    return out
