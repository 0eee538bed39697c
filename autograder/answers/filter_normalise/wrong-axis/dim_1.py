# dim=1 alone, without the kernel.
def filter_normalise(direction, weights):
    out = []
    for d, w in zip(direction, weights):
        if d.ndim > 1:
            out.append(d * w.norm(dim=1, keepdim=True) / (d.norm(dim=1, keepdim=True) + 1e-10))
        else:
            out.append(torch.zeros_like(d))
    return out
