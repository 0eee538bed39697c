# Filters by requires_grad first.
def gradient_norms(model):
    norms = {}
    trained = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    for n, p in trained:
        norms[n] = float((p.grad * p.grad).sum().sqrt())
    return norms
