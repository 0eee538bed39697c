# One ratio for all tensors with more than one dimension.
def filter_normalise(direction, weights):
    big = [(d, w) for d, w in zip(direction, weights) if d.ndim > 1]
    ratio = torch.cat([w.flatten() for _, w in big]).norm() / torch.cat([d.flatten() for d, _ in big]).norm()
    return [d * ratio if d.ndim > 1 else torch.zeros_like(d) for d in direction]
