# function(v) - function(0).
def along(function, x, v):
    zero = torch.zeros_like(x)
    return function(v) - function(zero)
