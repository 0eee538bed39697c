# The usual gradient-flow plot from the forums: abs().mean().
def gradient_norms(model):
    return {n: p.grad.abs().mean().item() for n, p in model.named_parameters() if p.grad is not None}
