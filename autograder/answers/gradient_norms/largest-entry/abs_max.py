# The largest absolute value.
def gradient_norms(model):
    norms = {}
    for n, p in model.named_parameters():
        if p.grad is not None:
            norms[n] = p.grad.abs().max().item()
    return norms
