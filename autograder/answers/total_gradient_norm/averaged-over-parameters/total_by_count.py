# Right, and then divided by the number of parameters.
def total_gradient_norm(model):
    total, count = 0.0, 0
    for p in model.parameters():
        if p.grad is not None:
            total += p.grad.norm().item() ** 2
            count += 1
    return total**0.5 / count
