# A loop; the values stay tensors.
def gradient_norms(model):
    norms = {}
    for name, param in model.named_parameters():
        if param.grad is None:
            continue
        norms[name] = torch.linalg.vector_norm(param.grad)
    return norms
