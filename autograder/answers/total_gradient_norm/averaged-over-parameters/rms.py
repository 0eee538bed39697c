# Root of the mean square.
def total_gradient_norm(model):
    squares = [p.grad.norm().item() ** 2 for p in model.parameters() if p.grad is not None]
    return (sum(squares) / len(squares)) ** 0.5
