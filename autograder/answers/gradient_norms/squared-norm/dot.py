# The dot product of the gradient with itself.
def gradient_norms(model):
    d = dict()
    for n, p in model.named_parameters():
        if p.grad is not None:
            g = p.grad.reshape(-1)
            d[n] = (g @ g).item()
    return d
