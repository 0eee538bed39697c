# None where there is no gradient.
def gradient_norms(model):
    norms = {}
    for n, p in model.named_parameters():
        norms[n] = p.grad.norm().item() if p.grad is not None else None
    return norms
