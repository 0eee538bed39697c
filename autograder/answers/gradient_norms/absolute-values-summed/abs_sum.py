# L1.
def gradient_norms(model):
    return {n: p.grad.abs().sum().item() for n, p in model.named_parameters() if p.grad is not None}
