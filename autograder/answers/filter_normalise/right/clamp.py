# F.normalize does the first half.
def filter_normalise(direction, weights):
    result = []
    for d, w in zip(direction, weights):
        if d.ndim == 1:
            result.append(torch.zeros(d.shape))
            continue
        unit = F.normalize(d.flatten(1), dim=1)
        result.append((unit * w.flatten(1).norm(dim=1, keepdim=True)).view_as(d))
    return result
