# Builds on gradient_norms' idea: root of the summed squares.
def total_gradient_norm(model):
    squares = [p.grad.norm().item() ** 2 for p in model.parameters() if p.grad is not None]
    return sum(squares) ** 0.5
