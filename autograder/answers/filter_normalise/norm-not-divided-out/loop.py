# Multiplies filter by filter.
def filter_normalise(direction, weights):
    new = [torch.zeros_like(d) for d in direction]
    for n, d, w in zip(new, direction, weights):
        if d.ndim > 1:
            for i in range(len(d)):
                n[i] = d[i] * w[i].norm()
    return new
