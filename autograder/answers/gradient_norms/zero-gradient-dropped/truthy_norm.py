# A norm of 0 is not kept.
def gradient_norms(model):
    norms = {}
    for n, p in model.named_parameters():
        norm = p.grad.norm().item() if p.grad is not None else 0
        if norm:
            norms[n] = norm
    return norms
