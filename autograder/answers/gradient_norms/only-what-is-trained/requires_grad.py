# Asks requires_grad.
def gradient_norms(model):
    return {n: p.grad.norm().item() for n, p in model.named_parameters() if p.requires_grad}
