# A one-sided difference.
def along(function, x, v):
    step = 1e-3
    return (function(x + step * v) - function(x)) / step
