# The largest value.
def gradient_norms(model):
    out = {}
    for n, p in model.named_parameters():
        if p.grad is not None:
            out[n] = torch.max(p.grad).item()
    return out
