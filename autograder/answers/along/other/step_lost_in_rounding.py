# A step so small that single precision rounds it away.
def along(function, x, v):
    h = 1e-8
    return (function(x + h * v) - function(x)) / h
