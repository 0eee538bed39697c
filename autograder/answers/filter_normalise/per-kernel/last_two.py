# Norms over height and width.
def filter_normalise(direction, weights):
    out = []
    for d, w in zip(direction, weights):
        if d.ndim == 4:
            out.append(d / (d.norm(dim=(2, 3), keepdim=True) + 1e-10) * w.norm(dim=(2, 3), keepdim=True))
        elif d.ndim == 2:
            out.append(d / (d.norm(dim=1, keepdim=True) + 1e-10) * w.norm(dim=1, keepdim=True))
        else:
            out.append(torch.zeros_like(d))
    return out
