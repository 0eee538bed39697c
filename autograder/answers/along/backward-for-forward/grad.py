# autograd.grad with v.
def along(function, x, v):
    x = x.clone().requires_grad_(True)
    return torch.autograd.grad(function(x), x, grad_outputs=v)[0]
