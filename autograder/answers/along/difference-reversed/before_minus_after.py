# Before minus after.
def along(function, x, v):
    eps = 1e-3
    return (function(x) - function(x + eps * v)) / eps
