# Times the norm of the filter in the weights.
def filter_normalise(direction, weights):
    out = []
    for d, w in zip(direction, weights):
        if d.ndim <= 1:
            out.append(torch.zeros_like(d))
        else:
            n = w.flatten(1).norm(dim=1)
            out.append(d * n.view(-1, *[1] * (d.ndim - 1)))
    return out
