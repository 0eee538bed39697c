# Filters afterwards.
def gradient_norms(model):
    norms = {n: p.grad.norm().item() for n, p in model.named_parameters() if p.grad is not None}
    return {n: v for n, v in norms.items() if v > 0}
