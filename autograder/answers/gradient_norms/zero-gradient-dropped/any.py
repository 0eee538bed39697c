# Leaves zeros out.
def gradient_norms(model):
    return {n: p.grad.norm().item() for n, p in model.named_parameters() if p.grad is not None and p.grad.any()}
