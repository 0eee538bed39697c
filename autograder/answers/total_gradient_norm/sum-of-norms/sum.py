# Adds the norms up.
def total_gradient_norm(model):
    return sum(p.grad.norm().item() for p in model.parameters() if p.grad is not None)
