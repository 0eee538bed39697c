# Rounded to four decimals, gradients through .data, in no_grad.
@torch.no_grad()
def gradient_norms(model):
    names = [n for n, p in model.named_parameters() if p.grad is not None]
    grads = [p.grad.data for p in model.parameters() if p.grad is not None]
    return {n: round(g.norm(2).item(), 4) for n, g in zip(names, grads)}
