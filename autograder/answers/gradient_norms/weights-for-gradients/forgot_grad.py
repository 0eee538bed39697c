# The norm of p, not of p.grad.
def gradient_norms(model):
    return {name: p.norm().item() for name, p in model.named_parameters() if p.grad is not None}
