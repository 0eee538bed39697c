# Sums each gradient, then the norm of the sums.
def total_gradient_norm(model):
    sums = torch.stack([p.grad.sum() for p in model.parameters() if p.grad is not None])
    return sums.norm().item()
