# The root of every square by itself, then the sum.
def gradient_norms(model):
    out = {}
    for n, p in model.named_parameters():
        if p.grad is not None:
            out[n] = float(torch.sqrt(p.grad**2).sum())
    return out
