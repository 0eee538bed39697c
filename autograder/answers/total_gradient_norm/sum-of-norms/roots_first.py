# Takes each root before adding.
def total_gradient_norm(model):
    total = 0.0
    for p in model.parameters():
        if p.grad is None:
            continue
        total = total + ((p.grad**2).sum()) ** 0.5
    return total.item()
