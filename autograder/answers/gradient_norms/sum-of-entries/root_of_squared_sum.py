# Sums, squares, then takes the root: the order is turned.
def gradient_norms(model):
    norms = {}
    for n, p in model.named_parameters():
        if p.grad is None:
            continue
        norms[n] = (p.grad.sum() ** 2) ** 0.5
    return norms
