# Loops over filters with the norms of the tensors.
def filter_normalise(direction, weights):
    out = []
    for d, w in zip(direction, weights):
        if d.dim() == 1:
            out.append(torch.zeros_like(d))
            continue
        ratio = w.norm() / d.norm()
        out.append(torch.stack([f * ratio for f in d]))
    return out
