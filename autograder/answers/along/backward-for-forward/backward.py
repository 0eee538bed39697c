# backward(v), then x.grad.
def along(function, x, v):
    x = x.detach().clone()
    x.requires_grad = True
    function(x).backward(v)
    return x.grad
