# The absolute value of the sum of everything.
def total_gradient_norm(model):
    return abs(sum(p.grad.sum().item() for p in model.parameters() if p.grad is not None))
