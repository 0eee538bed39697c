# As in the loop for the total norm, where each norm is squared.
def gradient_norms(model):
    norms = {}
    for name, p in model.named_parameters():
        if p.grad is not None:
            param_norm = p.grad.data.norm(2)
            norms[name] = param_norm.item() ** 2
    return norms
