# Divides by the number of entries, "to be fair to small layers".
def gradient_norms(model):
    norms = {}
    for n, p in model.named_parameters():
        if p.grad is not None:
            norms[n] = p.grad.norm().item() / p.grad.numel()
    return norms
