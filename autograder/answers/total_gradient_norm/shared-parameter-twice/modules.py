# Goes through the modules.
def total_gradient_norm(model):
    total = 0.0
    for module in model.modules():
        for p in module.parameters(recurse=False):
            if p.grad is not None:
                total += (p.grad**2).sum().item()
    return total**0.5
