# Goes through the modules itself.
def gradient_norms(model):
    norms = {}
    for path, module in model.named_modules():
        for name, p in module.named_parameters(recurse=False):
            if p.grad is not None:
                full = f"{path}.{name}" if path else name
                norms[full] = p.grad.flatten().dot(p.grad.flatten()).sqrt().item()
    return norms
