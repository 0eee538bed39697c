# The norm of p.data, for everything.
def gradient_norms(model):
    norms = {}
    for name, p in model.named_parameters():
        norms[name] = p.data.norm(2).item()
    return norms
