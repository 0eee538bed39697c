# Uses the loop variable after the loop.
def total_gradient_norm(model):
    for p in model.parameters():
        if p.grad is not None:
            norm = p.grad.norm(2)
    return norm.item()
