# The infinity norm.
def gradient_norms(model):
    return {n: p.grad.norm(float("inf")).item() for n, p in model.named_parameters() if p.grad is not None}
