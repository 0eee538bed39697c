# Mean of squares.
def total_gradient_norm(model):
    g = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])
    return (g ** 2).mean().item()
