# Sets the sum back in every round.
def total_gradient_norm(model):
    for p in model.parameters():
        total = 0
        if p.grad is not None:
            total += p.grad.norm().item() ** 2
    return total**0.5
