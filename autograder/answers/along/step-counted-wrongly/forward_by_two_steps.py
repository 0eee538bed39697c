# A forward difference divided by two steps.
def along(function, x, v):
    eps = 1e-3
    return (function(x + eps * v) - function(x)) / (2 * eps)
