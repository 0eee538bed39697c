# Clips to 1 first, and measures what is left.
def total_gradient_norm(model):
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    return sum(p.grad.norm().item() ** 2 for p in model.parameters() if p.grad is not None) ** 0.5
