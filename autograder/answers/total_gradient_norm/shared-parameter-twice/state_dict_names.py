# Asks for every name, so a shared parameter comes twice.
def total_gradient_norm(model):
    named = model.named_parameters(remove_duplicate=False)
    return sum(p.grad.norm().item() ** 2 for _, p in named if p.grad is not None) ** 0.5
