# norm with keepdim over all axes but the first; nan_to_num for zeros.
def filter_normalise(direction, weights):
    out = []
    for d, w in zip(direction, weights):
        if len(d.shape) > 1:
            dims = tuple(range(1, d.dim()))
            norm = lambda t: torch.linalg.vector_norm(t, dim=dims, keepdim=True)
            new = d / norm(d) * norm(w)
            out.append(torch.nan_to_num(new))
        else:
            out.append(d * 0)
    print("normalised", len(out), "tensors")
    return tuple(out)
