# One number.
def along(function, x, v):
    x = x.clone().requires_grad_()
    g = torch.autograd.grad(function(x).sum(), x)[0]
    return (g * v).sum()
