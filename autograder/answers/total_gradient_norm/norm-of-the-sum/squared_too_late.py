# Squares after the sum.
def total_gradient_norm(model):
    total = 0
    for p in model.parameters():
        if p.grad is not None:
            total += p.grad.sum().item()
    return (total**2) ** 0.5
