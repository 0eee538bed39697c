# p, not p.grad.
def total_gradient_norm(model):
    return sum(p.norm().item() ** 2 for p in model.parameters() if p.grad is not None) ** 0.5
