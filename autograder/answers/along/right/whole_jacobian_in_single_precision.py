# Row by row into a float32 buffer, then the product.
def along(function, x, v):
    x = x.clone().requires_grad_(True)
    out = function(x)
    flat = out.reshape(-1)
    jacobian = torch.zeros(flat.numel(), x.numel())
    for i in range(flat.numel()):
        jacobian[i] = torch.autograd.grad(flat[i], x, retain_graph=True)[0].reshape(-1)
    return (jacobian @ v.reshape(-1)).reshape(out.shape)
