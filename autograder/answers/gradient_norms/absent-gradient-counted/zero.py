# 0 where there is no gradient.
def gradient_norms(model):
    return {n: 0.0 if p.grad is None else p.grad.norm().item() for n, p in model.named_parameters()}
