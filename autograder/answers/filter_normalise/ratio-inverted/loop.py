# The ratio upside down, in a loop.
def filter_normalise(direction, weights):
    out = []
    for d, w in zip(direction, weights):
        if d.ndim > 1:
            filters = []
            for f, g in zip(d, w):
                size = g.norm()
                filters.append(f * (f.norm() / size) if size > 0 else f * 0)
            out.append(torch.stack(filters))
        else:
            out.append(torch.zeros_like(d))
    return out
