# F.normalize, and that is all.
def filter_normalise(direction, weights):
    result = []
    for d, w in zip(direction, weights):
        if d.ndim > 1:
            result.append(F.normalize(d.flatten(1), dim=1).view(d.shape))
        else:
            result.append(torch.zeros_like(d))
    return result
