# weight and bias of every layer.
def total_gradient_norm(model):
    total = 0.0
    for layer in model.modules():
        for what in ("weight", "bias"):
            p = getattr(layer, what, None)
            if p is not None and p.grad is not None:
                total += float(p.grad.norm()) ** 2
    return total**0.5
