# The root of the mean square.
def gradient_norms(model):
    norms = {}
    for n, p in model.named_parameters():
        if p.grad is not None:
            norms[n] = (p.grad**2).mean().sqrt().item()
    return norms
