# Python floats, so it raises
def filter_normalise(direction, weights):
    out = []
    for d, w in zip(direction, weights):
        if d.ndim == 1:
            out.append(torch.zeros_like(d))
        else:
            out.append(torch.stack([a * (b.norm().item() / a.norm().item()) for a, b in zip(d, w)]))
    return out
