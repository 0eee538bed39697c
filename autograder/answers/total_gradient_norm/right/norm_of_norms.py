# The norm of the norms.
def total_gradient_norm(model):
    norms = [torch.linalg.vector_norm(p.grad) for p in model.parameters() if p.grad is not None]
    print(len(norms), "gradients")
    return torch.stack(norms).norm(2).item()
