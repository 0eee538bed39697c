# The sum of the entries.
def gradient_norms(model):
    return {n: p.grad.sum().item() for n, p in model.named_parameters() if p.grad is not None}
