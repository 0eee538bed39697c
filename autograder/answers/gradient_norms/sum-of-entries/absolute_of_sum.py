# The absolute value comes after the sum.
def gradient_norms(model):
    norms = {}
    for n, p in model.named_parameters():
        if p.grad is not None:
            norms[n] = abs(p.grad.sum().item())
    return norms
