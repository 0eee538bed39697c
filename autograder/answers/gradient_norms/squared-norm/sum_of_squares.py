# No root.
def gradient_norms(model):
    return {name: (p.grad**2).sum().item() for name, p in model.named_parameters() if p.grad is not None}
