# dim=0 means "over the filters", not "for each filter".
def filter_normalise(direction, weights):
    out = []
    for d, w in zip(direction, weights):
        if d.ndim > 1:
            out.append(d / d.norm(dim=0, keepdim=True) * w.norm(dim=0, keepdim=True))
        else:
            out.append(torch.zeros_like(d))
    return out
