# The largest.
def total_gradient_norm(model):
    return max(p.grad.norm().item() for p in model.parameters() if p.grad is not None)
