# A dot product.
def total_gradient_norm(model):
    g = torch.cat([p.grad.view(-1) for p in model.parameters() if p.grad is not None])
    return torch.dot(g, g).item()
