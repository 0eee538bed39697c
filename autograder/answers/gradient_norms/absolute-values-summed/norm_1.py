# norm(1) in place of norm(2).
def gradient_norms(model):
    norms = {}
    for n, p in model.named_parameters():
        if p.grad is not None:
            norms[n] = p.grad.norm(1)
    return norms
