# The squares of all entries.
def total_gradient_norm(model):
    return sum((p.grad**2).sum().item() for p in model.parameters() if p.grad is not None)
