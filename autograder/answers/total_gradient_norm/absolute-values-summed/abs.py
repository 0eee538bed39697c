# L1.
def total_gradient_norm(model):
    return sum(p.grad.abs().sum().item() for p in model.parameters() if p.grad is not None)
