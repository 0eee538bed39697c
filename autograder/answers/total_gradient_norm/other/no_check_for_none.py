# Trips over None.
def total_gradient_norm(model):
    return sum(p.grad.norm().item() ** 2 for p in model.parameters()) ** 0.5
