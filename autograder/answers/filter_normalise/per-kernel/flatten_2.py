# flatten(2) where flatten(1) should be.
def filter_normalise(direction, weights):
    out = []
    for d, w in zip(direction, weights):
        if d.ndim <= 1:
            out.append(torch.zeros_like(d))
        elif d.ndim == 2:
            out.append(F.normalize(d, dim=1) * w.norm(dim=1, keepdim=True))
        else:
            out.append((F.normalize(d.flatten(2), dim=2) * w.flatten(2).norm(dim=2, keepdim=True)).view(d.shape))
    return out
