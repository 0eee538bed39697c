# Starts from zeros.
def gradient_norms(model):
    norms = dict.fromkeys((n for n, _ in model.named_parameters()), 0.0)
    for n, p in model.named_parameters():
        if p.grad is not None:
            norms[n] = p.grad.norm().item()
    return norms
