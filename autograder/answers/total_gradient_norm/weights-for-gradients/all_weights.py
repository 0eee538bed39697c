# All the weights.
def total_gradient_norm(model):
    total = 0
    for p in model.parameters():
        total += p.data.norm(2).item() ** 2
    return total**0.5
