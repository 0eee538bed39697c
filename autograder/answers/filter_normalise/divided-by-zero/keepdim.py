# keepdim, no guard.
def filter_normalise(direction, weights):
    out = []
    for d, w in zip(direction, weights):
        dims = tuple(range(1, d.ndim))
        if not dims:
            out.append(torch.zeros_like(d))
        else:
            out.append(
                d
                * torch.linalg.vector_norm(w, dim=dims, keepdim=True)
                / torch.linalg.vector_norm(d, dim=dims, keepdim=True)
            )
    return out
