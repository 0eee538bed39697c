# L1 norms.
def filter_normalise(direction, weights):
    out = []
    for d, w in zip(direction, weights):
        if d.ndim <= 1:
            out.append(torch.zeros_like(d))
        else:
            out.append(torch.stack([f * g.abs().sum() / (f.abs().sum() + 1e-10) for f, g in zip(d, w)]))
    return out
