# One helper, where() against zeros, requires_grad left on.
def normalise_one(d, w):
    if d.ndim < 2:
        return torch.zeros_like(d)
    rows = d.reshape(d.shape[0], -1)
    scale = w.reshape(w.shape[0], -1).pow(2).sum(1).sqrt()
    size = rows.pow(2).sum(1).sqrt()
    factor = torch.where(size == 0, torch.zeros_like(size), scale / size)
    return (rows * factor[:, None]).reshape(d.shape).requires_grad_()


def filter_normalise(direction, weights):
    return [normalise_one(d, w) for d, w in zip(direction, weights)]
