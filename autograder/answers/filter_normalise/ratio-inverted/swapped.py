# d_norm over w_norm.
def filter_normalise(direction, weights):
    out = []
    for d, w in zip(direction, weights):
        if d.ndim <= 1:
            out.append(torch.zeros_like(d))
            continue
        view = (-1,) + (1,) * (d.ndim - 1)
        dn = d.flatten(1).norm(dim=1).view(view)
        wn = w.flatten(1).norm(dim=1).view(view)
        out.append(d * dn / (wn + 1e-10))
    return out
