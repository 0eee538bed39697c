# Flattens each filter.
def filter_normalise(direction, weights):
    result = []
    for d, w in zip(direction, weights):
        if d.ndim <= 1:
            result.append(torch.zeros_like(d))
        else:
            shape = (-1,) + (1,) * (d.ndim - 1)
            d_norm = d.flatten(1).norm(dim=1).view(shape)
            w_norm = w.flatten(1).norm(dim=1).view(shape)
            result.append(d * w_norm / (d_norm + 1e-10))
    return result
