# A central difference divided by one step.
def along(function, x, v):
    eps = 1e-3
    return (function(x + eps * v) - function(x - eps * v)) / eps
