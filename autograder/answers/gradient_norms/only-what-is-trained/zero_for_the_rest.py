# requires_grad, and 0 where nothing came.
def gradient_norms(model):
    norms = {}
    for n, p in model.named_parameters():
        if not p.requires_grad:
            continue
        norms[n] = 0.0 if p.grad is None else p.grad.norm().item()
    return norms
