# The mean of the norms.
def total_gradient_norm(model):
    norms = [p.grad.norm().item() for p in model.parameters() if p.grad is not None]
    return sum(norms) / len(norms)
