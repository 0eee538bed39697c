# = where += should be.
def total_gradient_norm(model):
    total = 0
    for p in model.parameters():
        if p.grad is not None:
            total = p.grad.norm().item() ** 2
    return total**0.5
