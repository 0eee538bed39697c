# PyTorch's own.
def total_gradient_norm(model):
    return torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=float("inf"))
