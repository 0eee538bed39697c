# Norms per input channel.
def filter_normalise(direction, weights):
    out = []
    for d, w in zip(direction, weights):
        if d.ndim <= 1:
            out.append(torch.zeros_like(d))
            continue
        dims = [0] + list(range(2, d.ndim))
        n = lambda t: (t * t).sum(dim=dims, keepdim=True).sqrt()
        out.append(d / n(d) * n(w))
    return out
