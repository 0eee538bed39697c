# Keeps the largest.
def total_gradient_norm(model):
    largest = 0
    for p in model.parameters():
        if p.grad is not None and p.grad.norm() > largest:
            largest = p.grad.norm()
    return float(largest)
