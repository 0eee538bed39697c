# Each number of a bias is treated as a filter.
def filter_normalise(direction, weights):
    out = []
    for d, w in zip(direction, weights):
        rows = d.reshape(len(d), -1)
        sizes = w.reshape(len(w), -1).norm(dim=1, keepdim=True)
        out.append((F.normalize(rows, dim=1) * sizes).reshape(d.shape))
    return out
