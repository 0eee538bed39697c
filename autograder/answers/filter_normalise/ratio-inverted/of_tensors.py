# Upside down, and for the whole tensor.
# also fits: per-tensor
def filter_normalise(direction, weights):
    return [torch.zeros_like(d) if d.ndim < 2 else d * (d.norm() / w.norm()) for d, w in zip(direction, weights)]
