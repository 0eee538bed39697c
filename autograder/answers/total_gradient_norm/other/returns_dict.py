# Returns all of them.
def total_gradient_norm(model):
    return {n: p.grad.norm().item() for n, p in model.named_parameters() if p.grad is not None}
