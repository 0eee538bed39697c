# Adds the norms up in a loop.
def total_gradient_norm(model):
    total = 0.0
    for name, p in model.named_parameters():
        if p.grad is not None:
            total += p.grad.norm(2).item()
    return total
