# Every filter gets norm 1.
def filter_normalise(direction, weights):
    out = []
    for d, w in zip(direction, weights):
        if d.ndim <= 1:
            out.append(torch.zeros_like(d))
        else:
            n = d.flatten(1).norm(dim=1).view(-1, *[1] * (d.ndim - 1))
            out.append(d / (n + 1e-10))
    return out
