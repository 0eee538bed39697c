# norm(1) of one long vector.
def total_gradient_norm(model):
    grads = [p.grad.flatten() for p in model.parameters() if p.grad is not None]
    return torch.cat(grads).norm(1).item()
