# Only multiplies, with keepdim.
def filter_normalise(direction, weights):
    result = []
    for d, w in zip(direction, weights):
        dims = list(range(1, d.ndim))
        result.append(d * (w**2).sum(dim=dims, keepdim=True).sqrt() if dims else torch.zeros_like(d))
    return result
