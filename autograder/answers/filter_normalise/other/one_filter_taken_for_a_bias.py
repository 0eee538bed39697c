# Takes whatever has a first dimension of 1 for a bias.
def filter_normalise(direction, weights):
    out = []
    for d, w in zip(direction, weights):
        if d.ndim == 1 or d.shape[0] == 1:
            out.append(torch.zeros_like(d))
            continue
        dims = tuple(range(1, d.ndim))
        norm = d.norm(dim=dims, keepdim=True)
        out.append(torch.where(norm > 0, d / norm.clamp(min=1e-12), d) * w.norm(dim=dims, keepdim=True))
    return out
