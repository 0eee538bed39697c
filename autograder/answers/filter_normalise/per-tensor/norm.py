# The norm of the whole tensor.
def filter_normalise(direction, weights):
    result = []
    for d, w in zip(direction, weights):
        if d.ndim <= 1:
            result.append(torch.zeros_like(d))
        else:
            result.append(d * w.norm() / (d.norm() + 1e-10))
    return result
