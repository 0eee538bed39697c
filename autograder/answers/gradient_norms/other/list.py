# A list without names.
def gradient_norms(model):
    return [p.grad.norm().item() for p in model.parameters() if p.grad is not None]
