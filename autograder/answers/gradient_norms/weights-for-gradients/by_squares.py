# Squares the weights.
def gradient_norms(model):
    norms = {}
    for name, p in model.named_parameters():
        if p.grad is not None:
            norms[name] = float(torch.sqrt((p.detach() * p.detach()).sum()))
    return norms
