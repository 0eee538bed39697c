# Two loops.
def filter_normalise(direction, weights):
    out = []
    for d, w in zip(direction, weights):
        new = torch.zeros_like(d)
        if d.ndim == 4:
            for i in range(d.shape[0]):
                for j in range(d.shape[1]):
                    new[i, j] = d[i, j] * w[i, j].norm() / (d[i, j].norm() + 1e-12)
        elif d.ndim == 2:
            for i in range(d.shape[0]):
                new[i] = d[i] * w[i].norm() / (d[i].norm() + 1e-12)
        out.append(new)
    return out
