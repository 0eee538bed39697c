# The mean.
def gradient_norms(model):
    return {n: float(p.grad.mean()) for n, p in model.named_parameters() if p.grad is not None}
