# No guard against a norm of 0.
def filter_normalise(direction, weights):
    out = []
    for d, w in zip(direction, weights):
        if d.ndim <= 1:
            out.append(torch.zeros_like(d))
        else:
            view = (-1,) + (1,) * (d.ndim - 1)
            out.append(d / d.flatten(1).norm(dim=1).view(view) * w.flatten(1).norm(dim=1).view(view))
    return out
